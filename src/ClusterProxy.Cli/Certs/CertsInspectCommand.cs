using System.CommandLine;

namespace ClusterProxy.Cli.Certs;

/// <summary><c>clusterproxy certs inspect</c>.</summary>
internal static class CertsInspectCommand
{
    private const string Description =
        """
        Show subject, issuer, names, validity, key type and usage of PEM certificates, and whether their private key matches.
        The exit code is 1 when a certificate is not valid now or a key does not match.

        Examples:
          clusterproxy certs inspect certs-dev/out/server-agent.crt
          clusterproxy certs inspect tls.crt tls.key
          clusterproxy certs inspect -o json certs-dev/out/*.crt
        """;

    public static Command Create(TimeProvider time)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "PEM files; keys are matched with the certificates",
            Arity = ArgumentArity.OneOrMore,
        };
        var format = new Option<string>("--output", "-o") { Description = "table or json", DefaultValueFactory = static _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var command = new Command("inspect", Description) { files, format };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration;
            try
            {
                var reports = new CertificateInspector(time).Inspect(parsed.GetValue(files)!);
                if (parsed.GetValue(format) == "json")
                {
                    output.Output.WriteLine(CertificateReportJson.Format(reports));
                }
                else
                {
                    CertificateTable.Write(reports, output.Output, isTerminal: output.Output == Console.Out && !Console.IsOutputRedirected);
                }

                return reports.All(static r => r.IsGood) ? 0 : 1;
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                output.Error.WriteLine($"clusterproxy: {e.Message}");
                return 1;
            }
        });
        return command;
    }
}
