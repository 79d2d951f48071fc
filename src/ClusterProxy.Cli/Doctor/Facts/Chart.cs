using ClusterProxy.Agent.Servers;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Everything that was seen; checks look at nothing else. What was not given is null or empty.</summary>
/// <param name="Input">What was asked for.</param>
/// <param name="Time">The clock.</param>
internal sealed record Chart(DoctorInput Input, TimeProvider Time)
{
    public EgressProxy Proxy { get; init; } = EgressProxy.None;

    public Fault? ProxyFault { get; init; }

    public PairFacts? FrontendPair { get; init; }

    public BundleFacts? FrontendCa { get; init; }

    public PairFacts? AgentPair { get; init; }

    public BundleFacts? AgentCa { get; init; }

    public PairFacts? ServerPair { get; init; }

    public BundleFacts? ServerCa { get; init; }

    public PairFacts? ClusterPair { get; init; }

    public BundleFacts? ClusterCa { get; init; }

    public PolicyFacts? Policy { get; init; }

    /// <summary>Who this process is behind a Unix socket, as policies spell it; empty where that is not known.</summary>
    public IReadOnlySet<string> Process { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlyList<PageFacts> Pages { get; init; } = [];

    public PortFacts? Frontend { get; init; }

    public PortFacts? AgentPort { get; init; }

    public BundleFacts? GatewayCa { get; init; }

    public PortFacts? Gateway { get; init; }

    public ApiServiceFacts? ApiService { get; init; }

    public IReadOnlyList<DialFacts> Dials { get; init; } = [];
}
