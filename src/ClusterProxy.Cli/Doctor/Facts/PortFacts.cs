using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>What a port did, step by step; a step that was not reached has left nothing.</summary>
/// <param name="Target">Which port.</param>
internal sealed record PortFacts(PortTarget Target)
{
    /// <summary>What the name resolved to, or the address itself.</summary>
    public string Addresses { get; init; } = "";

    public Fault? AddressFault { get; init; }

    /// <summary>Where the connection went; null without one.</summary>
    public string? Remote { get; init; }

    public TimeSpan ConnectTime { get; init; }

    public Fault? ConnectFault { get; init; }

    /// <summary>Why what was spoken is not what the address asks for: TLS, or plain HTTP.</summary>
    public Fault? SpeechFault { get; init; }

    /// <summary>What the server sent, leaf first.</summary>
    public IReadOnlyList<X509Certificate2> Presented { get; init; } = [];

    /// <summary>What came of checking it; null when it sent none.</summary>
    public PeerCertificateResult? Verdict { get; init; }

    /// <summary>Why the server did not let this client in.</summary>
    public Fault? LoginFault { get; init; }

    /// <summary>To a request that asks for nothing.</summary>
    public PortAnswer? Answer { get; init; }
}
