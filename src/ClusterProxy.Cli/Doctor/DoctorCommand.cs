using System.CommandLine;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor;

/// <summary><c>clusterproxy doctor</c>.</summary>
internal static class DoctorCommand
{
    private const string Description =
        """
        Find out why something does not work. Checks addresses, ports, TLS chains and names, expiry, keys, identities, the
        frontend policy, clocks, versions, readiness and counted failures of server, agents and gateway, and the gateway's
        APIService; each finding has a cause and a remedy. What was not given is reported as not checked.

        It registers no agent, and asks nothing of a server whose certificate is not accepted. With --cluster it opens a
        connection to the target and closes it. The exit code is 0 when no check failed, 1 when one did, 2 when the command
        line is wrong; warnings do not change it.

        Examples:
          clusterproxy doctor --server https://hub:8090 --ca ca.crt --cert me.crt --key me.key --cluster alpha beta
          clusterproxy doctor --server unix:///run/proxy.sock --health-url http://127.0.0.1:8092
          clusterproxy doctor --agent-address hub:8091 --agent-ca ca.crt --agent-cert agent.crt --agent-key agent.key --agent-identifiers host=alpha
          clusterproxy doctor --gateway https://gateway:9443 --gateway-ca gateway-ca.crt --kubeconfig hub.kubeconfig --health-url http://gateway:8092
          clusterproxy doctor --health-url http://hub:8092 http://agent:8093 -o json | jq '.[] | select(.result == "failed")'
        """;

    public static Command Create(TimeProvider time, Func<string, string?> environment)
    {
        var options = new DoctorOptions(environment);
        var format = new Option<string>("--output", "-o") { Description = "table or json", DefaultValueFactory = static _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var plain = new Option<bool>("--plain") { Description = "No colours and no wrapping, as when the output is a file" };
        var command = new Command("doctor", Description) { format, plain };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => FailingAction.RunAsync(parsed, async () =>
        {
            IReadOnlyList<Finding> findings;
            try
            {
                var examination = new Examination(options.Read(parsed), () => options.CreateClient(parsed), environment, time);
                findings = Checkup.Of(await examination.RunAsync(cancellationToken));
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Failure;
            }

            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(format) == "json")
            {
                await output.WriteLineAsync(FindingJson.Format(findings));
            }
            else
            {
                FindingTable.Write(findings, output, isTerminal: output == Console.Out && !Console.IsOutputRedirected && !parsed.GetValue(plain));
            }

            return findings.Any(static f => f.Result == CheckResult.Failed) ? ExitCodes.Failure : ExitCodes.Success;
        }));
        return command;
    }
}
