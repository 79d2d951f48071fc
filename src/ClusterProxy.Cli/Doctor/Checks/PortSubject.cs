using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Facts;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>A port that was looked at, with what is needed to judge it.</summary>
/// <param name="Id">Prefix of its checks.</param>
/// <param name="Facts">What it did.</param>
/// <param name="Kind">For whom it should be.</param>
/// <param name="CaFlag">That names its authorities.</param>
internal sealed record PortSubject(string Id, PortFacts Facts, PortKind Kind, string CaFlag)
{
    /// <summary>The authorities that the server's certificate was judged by; null for the machine's own.</summary>
    public BundleFacts? Ca { get; init; }

    /// <summary>The client's pair; null without one.</summary>
    public PairFacts? Pair { get; init; }

    /// <summary>Authorities of the other plane, by which a port is known to be of it.</summary>
    public IReadOnlyList<BundleFacts> OtherPlane { get; init; } = [];

    /// <summary>Certificates at hand that may be what a chain lacks.</summary>
    public IReadOnlyList<X509Certificate2> AtHand { get; init; } = [];

    public required TimeProvider Time { get; init; }

    public string Text => Facts.Target.Text;

    public bool IsAgentPort => Kind == PortKind.Agents;

    /// <summary>Whom it is for.</summary>
    public string Plane => Kind switch
    {
        PortKind.Agents => "agents",
        PortKind.Gateway => "the gateway's callers",
        _ => "frontends",
    };

    public int DefaultPort => Kind switch
    {
        PortKind.Agents => 8091,
        PortKind.Gateway => 9443,
        _ => 8090,
    };
}
