using System.CommandLine;
using System.CommandLine.Parsing;
using ClusterProxy.Hosting;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>How to reach clusters over the gateway: through the hub's aggregated API, or at the gateway's own address.</summary>
internal sealed class GatewayOptions(UserOptions user, Func<string, string?> environment)
{
    private const string DefaultGroup = "cluster.core.oam.dev";
    private const string Version = "v1alpha1";

    private readonly Option<string?> _gateway = new("--gateway")
    {
        Description = "The gateway's own address, https://host:port [default: through the hub's API]",
        HelpName = "url",
    };

    private readonly Option<string?> _ca = new("--gateway-ca")
    {
        Description = "PEM authorities of the gateway's certificate, with --gateway [default: the machine's]",
        HelpName = "file",
    };

    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "The hub's kubeconfig [default: KUBECONFIG or ~/.kube/config]",
        HelpName = "file",
    };

    private readonly Option<string?> _context = new("--context") { Description = "The hub's context in it [default: the current one]", HelpName = "name" };

    private readonly Option<string> _group = new("--group")
    {
        Description = "The gateway's API group",
        HelpName = "group",
        DefaultValueFactory = static _ => DefaultGroup,
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_gateway, _ca, _kubeconfig, _context, _group])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(Validate);
    }

    /// <summary>Whether the command line itself speaks of the gateway or the hub.</summary>
    public bool IsGiven(CommandResult result) => result.GetResult(_gateway) is not null || result.GetResult(_context) is not null;

    /// <exception cref="KubeConfigException">A kubeconfig cannot be used.</exception>
    public KubeconfigSources Sources(ParseResult parsed) => KubeconfigSources.Load(parsed.GetValue(_kubeconfig), environment);

    /// <exception cref="StartupException">The hub's kubeconfig lacks something.</exception>
    /// <exception cref="ArgumentException">The address is no URL, or nothing says who asks.</exception>
    public ClusterRoute Route(ParseResult parsed, string cluster, KubeconfigSources sources)
    {
        var context = parsed.GetValue(_context) ?? sources.CurrentContext;
        var node = parsed.GetValue(_gateway) is { } gateway ? Direct(parsed, gateway) : ThroughHub(context, sources);
        var server = KubeconfigFile.Text(node, "server")!.TrimEnd('/');
        var prefix = $"{server}/apis/{parsed.GetValue(_group)}/{Version}/clustergateways/{cluster}/proxy";
        node.Children[KubeconfigFile.Key("server")] = new YamlScalarNode(prefix);
        var (who, source) = user.Find(parsed, sources, UserOfContext) ?? throw new ArgumentException(
            $"nothing says who asks: give --token-file, --client-certificate with --client-key, or --user; {sources} has no current context");
        return new ClusterRoute(node, who, source);

        string? UserOfContext() => context is null ? null
            : KubeconfigFile.Text(sources.Get(KubeconfigFile.Context, context).Node, "user")
                ?? throw new StartupException($"{sources}: the context \"{context}\" has no user");
    }

    private YamlMappingNode Direct(ParseResult parsed, string gateway)
    {
        if (!Uri.TryCreate(gateway, UriKind.Absolute, out var url) || url is not { Scheme: "https", Query: "", Fragment: "", UserInfo: "" })
        {
            throw new ArgumentException($"--gateway={gateway}: write https://host:port");
        }

        var node = KubeconfigFile.Mapping(("server", url.ToString()));
        if (parsed.GetValue(_ca) is { } ca)
        {
            node.Children[KubeconfigFile.Key("certificate-authority")] = new YamlScalarNode(UserOptions.Existing("gateway-ca", ca));
        }

        return node;
    }

    private static YamlMappingNode ThroughHub(string? context, KubeconfigSources sources)
    {
        if (context is null)
        {
            throw new ArgumentException($"no hub: {sources} has no current context; give --gateway, --kubeconfig or --context");
        }

        var name = KubeconfigFile.Text(sources.Get(KubeconfigFile.Context, context).Node, "cluster")!;
        var (node, file) = sources.Get(KubeconfigFile.Cluster, name);
        return KubeconfigSources.Copy(node, file);
    }

    private void Validate(CommandResult result)
    {
        if (result.GetResult(_ca) is not null && result.GetResult(_gateway) is null)
        {
            result.AddError("--gateway-ca goes with --gateway; the hub's authorities are in its kubeconfig");
        }
    }
}
