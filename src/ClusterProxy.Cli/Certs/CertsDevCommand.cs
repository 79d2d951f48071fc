using System.CommandLine;

namespace ClusterProxy.Cli.Certs;

/// <summary><c>clusterproxy certs dev</c>.</summary>
internal static class CertsDevCommand
{
    private const string Description =
        """
        Write a development PKI: an authority for each plane, certificates for the server's two ports,
        for a frontend and for an agent of each cluster; with --server also for servers among themselves.
        Not for production: the keys lie in plain files.

        Examples:
          clusterproxy certs dev
          clusterproxy certs dev --out /tmp/pki --cluster alpha,beta --host hub.example,192.0.2.7 --days 7
          clusterproxy certs dev --server hub-0,hub-1,hub-2
          clusterproxy certs dev --config certs-dev/certs-dev.yaml --force
        """;

    public static Command Create(TimeProvider time)
    {
        var config = new Option<string?>("--config")
        {
            Description = "YAML file with out, clusters, servers, hosts, days, singleCa; options given here win",
            HelpName = "FILE",
        };
        var folder = new Option<string?>("--out") { Description = "Folder to write to [default: certs-dev/out]", HelpName = "DIR" };
        var clusters = CommaSeparated.Option("--cluster", "Clusters whose agents get a certificate [default: alpha,beta]", "NAME,...");
        var servers = CommaSeparated.Option(
            "--server", "The --server-id of each server, for a certificate that it shows to the others [default: none]", "ID,...");
        var hosts = CommaSeparated.Option("--host", "More DNS names or IP addresses of the server, besides localhost", "HOST,...");
        var days = new Option<int?>("--days") { Description = "Lifetime in days [default: 30]", HelpName = "N" };
        var singleCa = new Option<bool>("--single-ca") { Description = "One authority for all planes, as in upstream's examples" };
        var force = new Option<bool>("--force") { Description = "Overwrite files that exist" };
        var command = new Command("dev", Description) { config, folder, clusters, servers, hosts, days, singleCa, force };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration;
            try
            {
                var options = ReadConfig(parsed.GetValue(config));
                options = options with
                {
                    Out = parsed.GetValue(folder) ?? options.Out,
                    Clusters = parsed.GetResult(clusters) is null ? options.Clusters : parsed.GetValue(clusters)!,
                    Servers = parsed.GetResult(servers) is null ? options.Servers : parsed.GetValue(servers)!,
                    Hosts = parsed.GetResult(hosts) is null ? options.Hosts : parsed.GetValue(hosts)!,
                    Days = parsed.GetValue(days) ?? options.Days,
                    SingleCa = parsed.GetValue(singleCa) || options.SingleCa,
                };
                return Run(options, parsed.GetValue(force), time, output.Output, output.Error);
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                output.Error.WriteLine($"clusterproxy: {e.Message}");
                return 1;
            }
        });
        return command;
    }

    private static DevPkiOptions ReadConfig(string? path)
    {
        if (path is null)
        {
            return new DevPkiOptions();
        }

        using var reader = new StreamReader(path);
        return DevPkiConfig.Read(path, reader);
    }

    private static int Run(DevPkiOptions options, bool force, TimeProvider time, TextWriter output, TextWriter errors)
    {
        if (options.Validate() is { } problem)
        {
            errors.WriteLine($"clusterproxy: {problem}");
            return 2;
        }

        var files = DevPki.Issue(options, time);
        if (!force && DevPkiFolder.Existing(options.Out, files) is { Count: > 0 } existing)
        {
            var more = existing.Count > 1 ? $", and {existing.Count - 1} more" : "";
            errors.WriteLine($"clusterproxy: {existing[0]} exists{more}; use --force to overwrite or another --out");
            return 1;
        }

        DevPkiFolder.Write(options.Out, files);
        foreach (var (name, _) in files)
        {
            output.WriteLine(Path.Combine(options.Out, name));
        }

        return 0;
    }
}
