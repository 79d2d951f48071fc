using System.CommandLine;
using ClusterProxy.Cli.Connecting;
using ClusterProxy.Cli.Servers;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Health;

/// <summary><c>clusterproxy health</c>.</summary>
internal static class HealthCommand
{
    private const string Description =
        """
        Dial each target through the tunnel, do the TLS handshake, GET /healthz, and show what each step took. A cluster's
        name alone means its API, port 443. Targets are asked at once, anonymously, and an unhealthy one is shown with the step
        that failed and what to do. The exit code is 0 when all are healthy, 1 when one is not, 2 when the command line is wrong.

        Examples:
          clusterproxy health alpha beta --server https://hub:8090 --ca ca.crt --cert me.crt --key me.key --target-ca kube-ca.crt
          clusterproxy health node1.alpha:10250 --server unix:///run/proxy.sock --insecure-skip-target-tls-verify
          clusterproxy health alpha -o json | jq '.[] | select(.healthy | not)'
        """;

    public static Command Create(TimeProvider time, Func<string, string?> environment)
    {
        var server = new ServerOptions(environment);
        var targets = new Argument<TunnelTarget[]>("TARGET")
        {
            Description = "Clusters, or host:port as the agent resolves it",
            HelpName = ClusterTarget.HelpName,
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = ClusterTarget.ParseAll,
        };
        var clusters = new Option<TunnelTarget[]>("--clusters", "--cluster", "-c")
        {
            Description = "More of them, separated by commas, as clusteradm takes them",
            HelpName = ClusterTarget.HelpName,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = ClusterTarget.ParseAll,
        };
        var format = new Option<string>("--output", "-o") { Description = "table or json", DefaultValueFactory = static _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var targetCa = new Option<string?>("--target-ca")
        {
            Description = "PEM authorities of the targets' certificates [default: the machine's]",
            HelpName = "file",
        };
        var insecure = new Option<bool>("--insecure-skip-target-tls-verify") { Description = "Take any certificate of a target" };
        var plaintext = new Option<bool>("--plaintext") { Description = "Speak HTTP without TLS to the targets" };
        var path = new Option<string>("--path") { Description = "What to GET", HelpName = "path", DefaultValueFactory = static _ => "/healthz" };
        path.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string>() is not ['/', ..])
            {
                result.AddError("--path: write a path that starts with /");
            }
        });
        var timeout = new Option<double>("--timeout")
        {
            Description = "Seconds for all steps of one target",
            HelpName = "seconds",
            DefaultValueFactory = static _ => 10,
        };
        timeout.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 3600))
            {
                result.AddError("--timeout: write seconds from above 0 up to 3600");
            }
        });
        var command = new Command("health", Description) { targets, clusters, format, targetCa, insecure, plaintext, path, timeout };
        server.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(targets) is not { Tokens.Count: > 0 } && result.GetResult(clusters) is null)
            {
                result.AddError("no target: write clusters, such as `clusterproxy health alpha beta`; the hub is not asked which there are");
            }
        });
        command.SetAction((parsed, cancellationToken) => FailingAction.RunAsync(parsed, async () =>
        {
            var options = new HealthProbeOptions(
                parsed.GetValue(path)!,
                TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                parsed.GetValue(targetCa) is { } ca ? CaBundle.Load("target-ca", ca) : null,
                parsed.GetValue(insecure),
                parsed.GetValue(plaintext));
            await using var client = server.CreateClient(parsed, isBrief: true);
            IReadOnlyList<HealthReport> reports;
            try
            {
                reports = await new HealthProbe(client, options, time).ProbeAsync([.. parsed.GetValue(targets) ?? [], .. parsed.GetValue(clusters) ?? []], cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Failure;
            }

            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(format) == "json")
            {
                await output.WriteLineAsync(HealthReportJson.Format(reports));
            }
            else
            {
                HealthTable.Write(reports, output, isTerminal: output == Console.Out && !Console.IsOutputRedirected);
            }

            return reports.All(static report => report.Healthy) ? ExitCodes.Success : ExitCodes.Failure;
        }));
        return command;
    }
}
