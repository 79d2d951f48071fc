using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A program's health port: readiness and metrics.</summary>
/// <param name="Url">Of the port.</param>
internal sealed record PageFacts(Uri Url)
{
    public string Text => Url.GetLeftPart(UriPartial.Authority);

    public Fault? Fault { get; init; }

    public bool IsReady { get; init; }

    /// <summary>The reasons, or <c>ok</c> with warnings behind it.</summary>
    public string Readiness { get; init; } = "";

    public ClockReading? Clock { get; init; }

    public IReadOnlyList<MetricSample> Samples { get; init; } = [];

    public PageKind Kind =>
        Has("clusterproxy_server_") ? PageKind.Server
        : Has("clusterproxy_agent_") ? PageKind.Agent
        : Has("clusterproxy_gateway_") ? PageKind.Gateway
        : Has("konnectivity_network_proxy_server_") ? PageKind.UpstreamServer
        : Has("konnectivity_network_proxy_agent_") ? PageKind.UpstreamAgent
        : PageKind.Unknown;

    /// <summary>Sentences that the program itself warns with.</summary>
    public IEnumerable<string> Warnings => Readiness.Split('\n')
        .Where(static l => l.StartsWith("warning: ", StringComparison.Ordinal))
        .Select(static l => l["warning: ".Length..]);

    /// <summary>Of the program's own build; null when it does not say.</summary>
    public MetricSample? Build => Samples.FirstOrDefault(static s => s.Name.EndsWith("_build_info", StringComparison.Ordinal) && s.Name.StartsWith("clusterproxy_", StringComparison.Ordinal));

    public IEnumerable<MetricSample> Of(string name) => Samples.Where(s => s.Name == name);

    public double Sum(string name, Func<MetricSample, bool>? which = null) => Of(name).Where(which ?? (static _ => true)).Sum(static s => s.Value);

    private bool Has(string prefix) => Samples.Any(s => s.Name.StartsWith(prefix, StringComparison.Ordinal));
}
