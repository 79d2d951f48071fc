using System.CommandLine;
using ClusterProxy.Cli.Kubeconfigs;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubectl;

/// <summary>What kubectl must know of a cluster's API when it speaks with it end to end, through the tunnel.</summary>
internal sealed class ManagedApiOptions(UserOptions user)
{
    private readonly Option<string?> _ca = new("--target-ca")
    {
        Description = "With --server: PEM authorities of the API's certificate [default: the machine's]",
        HelpName = "file",
    };

    private readonly Option<string?> _name = new("--target-server-name")
    {
        Description = "With --server: name in the API's certificate [default: kubernetes.default.svc]",
        HelpName = "name",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_ca);
        command.Options.Add(_name);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="sources">Where a user's name is looked for.</param>
    /// <param name="port">Of the loopback listener.</param>
    /// <exception cref="ArgumentException">Nothing says who asks.</exception>
    public ClusterRoute Route(ParseResult parsed, KubeconfigSources sources, int port)
    {
        var cluster = KubeconfigFile.Mapping(
            ("server", $"https://127.0.0.1:{port}"), ("tls-server-name", parsed.GetValue(_name) ?? "kubernetes.default.svc"));
        if (parsed.GetValue(_ca) is { } ca)
        {
            cluster.Children[KubeconfigFile.Key("certificate-authority")] = new YamlScalarNode(UserOptions.Existing("target-ca", ca));
        }

        // Never the hub's user by default: its token would go to the managed cluster.
        var (who, source) = user.Find(parsed, sources, static () => null) ?? throw new ArgumentException(
            "nothing says as whom the cluster's API is asked: give --token-file, --client-certificate with --client-key, or --user");
        return new ClusterRoute(cluster, who, source);
    }
}
