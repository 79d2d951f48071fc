using ClusterProxy.Agent.Flags;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent;

/// <summary>The command line of proxy-agent.</summary>
internal sealed class ProxyAgentFlags
{
    private readonly AgentOptions _defaults = new();
    private readonly ServerFlags _servers;
    private readonly SyncFlags _sync;
    private readonly OperationFlags _operation;
    private readonly KubernetesFlags _kubernetes;
    private readonly TargetFlags _targets;
    private readonly AdditionFlags _additions;
    private readonly CompatibilityFlags _compatibility;
    private readonly KlogFlags _klog;

    public ProxyAgentFlags()
    {
        Set = new FlagSet(
            "proxy-agent",
            "proxy-agent connects out to proxy-servers and dials TCP targets on their frontends' behalf.",
            ProductVersion.Of(typeof(ProxyAgentFlags).Assembly));
        _servers = new ServerFlags(Set, _defaults);
        _sync = new SyncFlags(Set, _defaults);
        _operation = new OperationFlags(Set, _defaults);
        _kubernetes = new KubernetesFlags(Set, _defaults);
        _targets = new TargetFlags(Set, _defaults);
        _additions = new AdditionFlags(Set, _defaults);
        _compatibility = new CompatibilityFlags(Set, _defaults);
        _klog = new KlogFlags(Set);
    }

    public FlagSet Set { get; }

    /// <summary>Reads and checks a command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="environment">Reads a variable, such as <see cref="Environment.GetEnvironmentVariable(string)"/>.</param>
    public static CommandLineResult<AgentOptions> Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var flags = new ProxyAgentFlags();
        return flags.Set.Parse(args, environment).ToCommandLine(flags.Bind, AgentOptionsValidator.Validate);
    }

    /// <summary>Options without the checks across flags.</summary>
    internal AgentOptions Bind(FlagParseResult result)
    {
        var options = _servers.Apply(result, _defaults);
        options = _sync.Apply(result, options);
        options = _operation.Apply(result, options);
        options = _kubernetes.Apply(result, options);
        options = _targets.Apply(result, options);
        options = _additions.Apply(result, options);
        options = _compatibility.Apply(result, options);
        return options with { Verbosity = _klog.Verbosity(result) };
    }
}
