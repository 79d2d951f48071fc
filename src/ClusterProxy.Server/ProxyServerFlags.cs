using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Server.Flags;

namespace ClusterProxy.Server;

/// <summary>The command line of proxy-server.</summary>
internal sealed class ProxyServerFlags
{
    private readonly ServerOptions _defaults = new();
    private readonly FrontendFlags _frontends;
    private readonly AgentPortFlags _agents;
    private readonly OperationFlags _operation;
    private readonly TlsFlags _tls;
    private readonly KubernetesFlags _kubernetes;
    private readonly AdditionFlags _additions;
    private readonly FleetFlags _fleet;
    private readonly PeerFlags _peers;
    private readonly CompatibilityFlags _compatibility;
    private readonly KlogFlags _klog;

    public ProxyServerFlags()
    {
        Set = new FlagSet(
            "proxy-server",
            "proxy-server lets frontends reach TCP targets behind the agents that are connected to it.",
            ProductVersion.Of(typeof(ProxyServerFlags).Assembly));
        _frontends = new FrontendFlags(Set, _defaults);
        _agents = new AgentPortFlags(Set, _defaults);
        _operation = new OperationFlags(Set, _defaults);
        _tls = new TlsFlags(Set, _defaults);
        _kubernetes = new KubernetesFlags(Set, _defaults);
        _additions = new AdditionFlags(Set, _defaults);
        _fleet = new FleetFlags(Set, _defaults);
        _peers = new PeerFlags(Set, _defaults);
        _compatibility = new CompatibilityFlags(Set, _defaults);
        _klog = new KlogFlags(Set);
    }

    public FlagSet Set { get; }

    /// <summary>Reads and checks a command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="environment">Reads a variable, such as <see cref="Environment.GetEnvironmentVariable(string)"/>.</param>
    public static CommandLineResult<ServerOptions> Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var flags = new ProxyServerFlags();
        return flags.Set.Parse(args, environment).ToCommandLine(flags.Bind, ServerOptionsValidator.Validate);
    }

    /// <summary>Options without the checks across flags.</summary>
    internal ServerOptions Bind(FlagParseResult result)
    {
        var options = _frontends.Apply(result, _defaults);
        options = _agents.Apply(result, options);
        options = _operation.Apply(result, options);
        options = _tls.Apply(result, options);
        options = _kubernetes.Apply(result, options);
        options = _additions.Apply(result, options);
        options = _fleet.Apply(result, options);
        options = _peers.Apply(result, options);
        options = _compatibility.Apply(result, options);
        return options with { OwnFlag = _additions.FindOwn(result, options), Verbosity = _klog.Verbosity(result) };
    }
}
