using ClusterProxy.Gateway.Flags;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway;

/// <summary>The command line of cluster-gateway.</summary>
internal sealed class ClusterGatewayFlags
{
    private readonly GatewayOptions _defaults = new();
    private readonly ClusterFlags _clusters;
    private readonly TunnelFlags _tunnel;
    private readonly ServingFlags _serving;
    private readonly CertificateFlags _certificates;
    private readonly AuthenticationFlags _authentication;
    private readonly CallerFlags _callers;
    private readonly AuditFlags _audit;
    private readonly GenericAuditFlags _genericAudit;
    private readonly HubFlags _hub;
    private readonly ServiceFlags _services;
    private readonly TraceFlags _traces;
    private readonly KlogFlags _klog;

    public ClusterGatewayFlags()
    {
        Set = new FlagSet(
            "cluster-gateway",
            "cluster-gateway serves the API servers of many clusters under one API, by the clusters' names.",
            ProductVersion.Of(typeof(ClusterGatewayFlags).Assembly));
        _clusters = new ClusterFlags(Set, _defaults);
        _tunnel = new TunnelFlags(Set, _defaults);
        _serving = new ServingFlags(Set, _defaults);
        _certificates = new CertificateFlags(Set, _defaults.Certificates);
        _authentication = new AuthenticationFlags(Set, _defaults);
        _callers = new CallerFlags(Set, _defaults);
        _audit = new AuditFlags(Set, _defaults.Audit, "Audit", "request");
        _genericAudit = new GenericAuditFlags(Set);
        _hub = new HubFlags(Set, _defaults);
        _services = new ServiceFlags(Set, _defaults);
        _traces = new TraceFlags(Set, _defaults);
        CompatibilityFlags.Add(Set);
        _klog = new KlogFlags(Set);
    }

    public FlagSet Set { get; }

    /// <summary>Reads and checks a command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="environment">Reads a variable, such as <see cref="Environment.GetEnvironmentVariable(string)"/>.</param>
    public static CommandLineResult<GatewayOptions> Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var flags = new ClusterGatewayFlags();

        // The name of upstream's program, which charts write in front of the flags of its image.
        var own = args is ["apiserver", ..] ? [.. args.Skip(1)] : args;
        return flags.Set.Parse(own, environment).ToCommandLine(flags.Bind, GatewayOptionsValidator.Validate);
    }

    /// <summary>Options without the checks across flags.</summary>
    internal GatewayOptions Bind(FlagParseResult result)
    {
        var options = _clusters.Apply(result, _defaults);
        options = _tunnel.Apply(result, options);
        options = _serving.Apply(result, options);
        options = _certificates.Apply(result, options);
        options = _authentication.Apply(result, options);
        options = _callers.Apply(result, options);
        options = _hub.Apply(result, options);
        options = _services.Apply(result, options);
        options = _traces.Apply(result, options);
        options = options with { Audit = _audit.Bind(result), Verbosity = _klog.Verbosity(result) };
        return _genericAudit.Apply(result, options);
    }
}
