using System.CommandLine;
using System.Diagnostics;
using ClusterProxy.LoadTests.Running;
using ClusterProxy.LoadTests.Scenarios;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Commands;

/// <summary>What <c>compare</c> can be told.</summary>
internal sealed class CompareOptions
{
    private static readonly TimeSpan FullWarmUp = TimeSpan.FromSeconds(15);

    private readonly Option<string[]> _scenarios = new("--scenario")
    {
        Description = "Only these scenarios; see the list command.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _topologies = new("--topology")
    {
        Description = "Only topologies whose name starts with one of these.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _rounds = new("--rounds") { Description = "Rounds of which the median is taken.", DefaultValueFactory = _ => 3 };

    private readonly Option<double> _seconds = new("--seconds") { Description = "What one rate is measured over.", DefaultValueFactory = _ => 1 };

    private readonly Option<bool> _large = new("--large")
    {
        Description = "Full sizes: 10,000 idle connections, 2,000 tunnels, 60 s stops, 10 min churn. Takes far longer than ten minutes.",
    };

    private readonly Option<bool> _quick = new("--quick") { Description = "No warm-up: figures of programs that have just started." };

    private readonly Option<string?> _ownServer = new("--server") { Description = "Our proxy-server, if not the one built with this program." };

    private readonly Option<string?> _ownAgent = new("--agent") { Description = "Our proxy-agent, if not the one built with this program." };

    private readonly Option<string?> _peerServer = new("--peer-server") { Description = "Another konnectivity-compatible proxy-server (program or .dll)." };

    private readonly Option<string?> _peerAgent = new("--peer-agent") { Description = "Another konnectivity-compatible proxy-agent (program or .dll)." };

    private readonly Option<int> _verbosity = new("--proxy-verbosity") { Description = "The --v of all servers and agents; 0 by default." };

    private readonly Option<string?> _logs = new("--logs") { Description = "Keep what servers and agents write in this folder." };

    private readonly Option<string[]> _environment = new("--env")
    {
        Description = "NAME=VALUE for all servers and agents, to try a runtime setting.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _serverFlags = new("--server-flag")
    {
        Description = "NAME=VALUE for the command line of our servers.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _agentFlags = new("--agent-flag")
    {
        Description = "NAME=VALUE for the command line of our agents.",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<OutputFormat> Output { get; } = new("--output", "-o") { Description = "table, markdown or json.", DefaultValueFactory = _ => OutputFormat.Table };

    public Option<string?> Baseline { get; } = new("--baseline") { Description = "Fail if anything is worse than in this file, beyond noise." };

    public Option<string?> SaveBaseline { get; } = new("--save-baseline") { Description = "Write the figures of this run to a file." };

    public void AddTo(Command command)
    {
        _rounds.Validators.Add(result => Check(result.GetValueOrDefault<int>() is >= 1 and <= 100, result, "--rounds must be 1 to 100"));
        _seconds.Validators.Add(result => Check(result.GetValueOrDefault<double>() is >= 0.1 and <= 600, result, "--seconds must be 0.1 to 600"));
        _environment.Validators.Add(result => Check(
            (result.GetValueOrDefault<string[]>() ?? []).All(text => text.IndexOf('=', StringComparison.Ordinal) > 0), result, "--env takes NAME=VALUE"));
        _scenarios.AcceptOnlyFromAmong([.. ScenarioCatalog.All.Select(s => s.Name)]);
        foreach (var option in (Option[])
            [_scenarios, _topologies, _rounds, _seconds, _large, _quick, _ownServer, _ownAgent, _peerServer, _peerAgent, _verbosity, _logs, _environment, _serverFlags, _agentFlags, Output, Baseline, SaveBaseline])
        {
            command.Options.Add(option);
        }
    }

    public CompareSettings Read(ParseResult result)
    {
        var scenarios = result.GetValue(_scenarios) ?? [];
        var topologies = result.GetValue(_topologies) ?? [];
        var logs = result.GetValue(_logs) is { } folder ? Directory.CreateDirectory(folder).FullName : null;
        // Read once: settings with equal values share their processes, and a list equals only itself.
        var environment = result.GetValue(_environment) ?? [];
        var serverFlags = result.GetValue(_serverFlags) ?? [];
        var agentFlags = result.GetValue(_agentFlags) ?? [];
        var plans = TopologyCatalog.Create(
            result.GetValue(_ownServer), result.GetValue(_ownAgent), result.GetValue(_peerServer), result.GetValue(_peerAgent),
            pair => pair with
            {
                Verbosity = result.GetValue(_verbosity),
                Logs = logs,
                Environment = environment,
                ServerFlags = pair.Mode is null ? serverFlags : [],
                AgentFlags = pair.Mode is null ? agentFlags : [],
            });
        var started = Stopwatch.GetTimestamp();
        return new CompareSettings
        {
            Plans = [.. plans.Where(p => topologies.Length == 0 || topologies.Any(t => p.Name.StartsWith(t, StringComparison.Ordinal)))],
            Scenarios = [.. ScenarioCatalog.All.Where(s => scenarios.Length == 0 ? !s.OnlyByName : scenarios.Contains(s.Name))],
            Rounds = result.GetValue(_rounds),
            Window = TimeSpan.FromSeconds(result.GetValue(_seconds)),
            Large = result.GetValue(_large),
            WarmUp = result.GetValue(_quick) ? TimeSpan.Zero : FullWarmUp,
            OnProgress = line => Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(started):mm\\:ss} {line}"),
        };
    }

    private static void Check(bool valid, System.CommandLine.Parsing.OptionResult result, string error)
    {
        if (!valid)
        {
            result.AddError(error);
        }
    }
}
