using System.CommandLine;
using ClusterProxy.LoadTests.Fleet;
using ClusterProxy.LoadTests.Report;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Commands;

/// <summary><c>fleet</c>: three servers, thousands of agents, dials at every server for every cluster, and a rolling restart.</summary>
internal static class FleetCommand
{
    private const int UsualAgents = 2_000;
    private const int ManyAgents = 10_000;

    public static Command Create()
    {
        var agents = new Option<int>("--agents") { Description = $"How many; {UsualAgents} by default." };
        var large = new Option<bool>("--large") { Description = $"{ManyAgents} agents. Each holds two sockets: mind ulimit -n." };
        var rate = new Option<int>("--rate") { Description = "Dials a second.", DefaultValueFactory = _ => 200 };
        var seconds = new Option<double>("--seconds") { Description = "How long dials are measured before the restart.", DefaultValueFactory = _ => 20 };
        var restarts = new Option<int>("--restarts") { Description = "How many of the three servers are restarted.", DefaultValueFactory = _ => 3 };
        var pause = new Option<double>("--pause") { Description = "Seconds between a server's return and the next one's end.", DefaultValueFactory = _ => 5 };
        var handshakes = new Option<int>("--handshake-rate") { Description = "The servers' --agent-handshake-rate." };
        var server = new Option<string?>("--server") { Description = "Our proxy-server, if not the one built with this program." };
        var logs = new Option<string?>("--logs") { Description = "Keep what servers write in this folder." };
        var command = new Command("fleet", "Run three servers with many agents, dial at all of them, and restart each.")
        {
            agents, large, rate, seconds, restarts, pause, handshakes, server, logs,
        };
        command.SetAction(async (result, cancellationToken) => Print(await new FleetRun(new FleetSettings
        {
            Agents = result.GetValue(agents) is > 0 and var count ? count : result.GetValue(large) ? ManyAgents : UsualAgents,
            Rate = result.GetValue(rate),
            Window = TimeSpan.FromSeconds(result.GetValue(seconds)),
            Restarts = result.GetValue(restarts),
            Pause = TimeSpan.FromSeconds(result.GetValue(pause)),
            HandshakeRate = result.GetValue(handshakes),
            Server = result.GetValue(server) ?? BuiltProgram.ProxyServer,
            Logs = result.GetValue(logs) is { } folder ? Directory.CreateDirectory(folder).FullName : null,
            OnProgress = Console.Error.WriteLine,
        }).RunAsync(cancellationToken)));
        return command;
    }

    /// <summary>A row of the table in the README; fails if anything was unreachable.</summary>
    private static int Print(FleetFigures figures)
    {
        (string Name, string Value)[] row =
        [
            ("agents", ReportTable.Number(figures.Agents)), ("settled after s", ReportTable.Number(figures.SettleSeconds)),
            ("KB a tunnel", ReportTable.Number(figures.TunnelKilobytes)), ("idle µs/s a tunnel", ReportTable.Number(figures.IdleMicroseconds)), ("RSS MiB a server", ReportTable.Number(figures.ServerMegabytes)),
            ("fullest ÷ mean", ReportTable.Number(figures.Spread)), ("dial p50 ms", ReportTable.Number(figures.P50)),
            ("dial p99 ms", ReportTable.Number(figures.P99)), ("forwarded", $"{figures.ForwardedShare:P0}"),
            ("restart s", ReportTable.Number(figures.RestartSeconds)), ("p99 ms in it", ReportTable.Number(figures.RestartP99)),
            ("dials in it", ReportTable.Number(figures.RestartDials)), ("unreachable", $"{figures.Unreachable}"),
        ];
        Console.WriteLine($"| {string.Join(" | ", row.Select(static c => c.Name))} |");
        Console.WriteLine($"| {string.Join(" | ", row.Select(static _ => "---"))} |");
        Console.WriteLine($"| {string.Join(" | ", row.Select(static c => c.Value))} |");
        return figures.Unreachable == 0 ? 0 : 1;
    }
}
