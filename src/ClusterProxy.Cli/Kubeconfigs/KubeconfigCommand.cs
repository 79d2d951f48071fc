using System.CommandLine;
using ClusterProxy.Hosting;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary><c>clusterproxy kubeconfig</c>.</summary>
internal static class KubeconfigCommand
{
    private const string Standard = "-";

    private const string Description =
        """
        Add a context for a managed cluster to a kubeconfig: every tool that reads it then works with the cluster over the
        gateway. Other entries stay as they are; the file is replaced in one step, mode 0600.

        Without --gateway the way leads through the hub's API, with the hub's address, authorities and user.

        Examples:
          clusterproxy kubeconfig alpha && kubectl --context alpha get nodes
          clusterproxy kubeconfig alpha --gateway https://gateway.example.com:9443 --gateway-ca ca.crt --token-file token
          clusterproxy kubeconfig alpha --context hub --output - > alpha.kubeconfig
        """;

    public static Command Create(Func<string, string?> environment)
    {
        var user = new UserOptions();
        var gateway = new GatewayOptions(user, environment);
        var cluster = ClusterName.Argument();
        var name = new Option<string?>("--name") { Description = "Of the entries [default: the cluster's]", HelpName = "name" };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to add to, or - for standard output [default: the hub's kubeconfig]",
            HelpName = "file",
        };
        var use = new Option<bool>("--use") { Description = "Make it the current context; a file without one gets it in any case" };
        var command = new Command("kubeconfig", Description) { cluster, output, name, use };
        gateway.AddTo(command);
        user.AddTo(command);
        command.SetAction((parsed, _) => FailingAction.RunAsync(parsed, async () =>
        {
            var sources = gateway.Sources(parsed);
            var route = gateway.Route(parsed, parsed.GetValue(cluster)!, sources);
            var entry = parsed.GetValue(name) ?? parsed.GetValue(cluster)!;
            var to = parsed.GetValue(output) ?? sources.Files[0].Path;
            var streams = parsed.InvocationConfiguration;
            if (to == Standard)
            {
                var alone = KubeconfigFile.Empty();
                Add(alone, entry, route, use: true);
                await streams.Output.WriteAsync(alone.ToString());
                return ExitCodes.Success;
            }

            KubeconfigWriter.Change(to, file => Add(file, entry, route, parsed.GetValue(use)));
            await streams.Error.WriteLineAsync($"context \"{entry}\" is in {to}; try: kubectl --context {entry} get namespaces");
            return ExitCodes.Success;
        }));
        return command;
    }

    private static void Add(KubeconfigFile file, string name, ClusterRoute route, bool use)
    {
        Refuse(KubeconfigFile.Cluster, IsOurs(file.Find(KubeconfigFile.Cluster, name), "server", KubeconfigFile.Text(route.Cluster, "server")!));
        Refuse(KubeconfigFile.Context, IsOurs(file.Find(KubeconfigFile.Context, name), "cluster", name));
        var context = file.Find(KubeconfigFile.Context, name);
        Refuse(KubeconfigFile.User, file.Find(KubeconfigFile.User, name) is null
            || route.UserSource?.File.Path == file.Path
            || (context is not null && KubeconfigFile.Text(context, "user") == name));
        route.AddTo(file, name, [file]);
        if (use || file.CurrentContext is null)
        {
            file.CurrentContext = name;
        }

        void Refuse(string kind, bool isFine)
        {
            if (!isFine)
            {
                throw new StartupException($"{file.Path}: has another {kind} \"{name}\" already; give these entries another name with --name");
            }
        }
    }

    /// <summary>An entry that is not there, or that an earlier run wrote, may be written.</summary>
    private static bool IsOurs(YamlMappingNode? entry, string key, string value) =>
        entry is null || KubeconfigFile.Text(entry, key) is { } text && (text == value || SamePrefix(text, value));

    /// <summary>The gateway may have moved to another host; the path says that it is the same cluster over a gateway.</summary>
    private static bool SamePrefix(string one, string other) =>
        Uri.TryCreate(one, UriKind.Absolute, out var a) && Uri.TryCreate(other, UriKind.Absolute, out var b) && a.AbsolutePath == b.AbsolutePath;
}
