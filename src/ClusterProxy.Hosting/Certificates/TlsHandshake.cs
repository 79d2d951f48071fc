using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>What became known about one handshake; travels with the connection between the steps around TLS.</summary>
internal sealed class TlsHandshake
{
    public bool GotClientHello { get; set; }

    /// <summary>What the client offers, where somebody wants to know.</summary>
    public IReadOnlyList<SslApplicationProtocol> Offered { get; set; } = [];

    /// <summary>It was not let through before it had begun.</summary>
    public bool IsTurnedAway { get; set; }

    public bool IsDone { get; set; }

    /// <summary>What the connection has taken of <see cref="CertificateConnections"/>; null for nothing.</summary>
    public string? Held { get; private set; }

    /// <summary>Null until, and unless, the peer's certificate was looked at.</summary>
    public PeerCertificateResult? Peer { get; private set; }

    public bool CheckClient(
        X509Certificate? certificate, X509Chain? chain, CaBundle anchors, Func<X509Certificate2, string?>? objection,
        CertificateConnections? connections, TimeProvider time)
    {
        var shown = certificate as X509Certificate2;
        Peer = PeerCertificateCheck.Check(shown, PresentedBy(chain), anchors, PeerUsage.Client, serverName: null, time);
        if (Peer.IsAccepted && objection?.Invoke(shown!) is { } detail)
        {
            Peer = Peer.But(PeerVerdict.WrongPlane, detail);
        }

        if (Peer.IsAccepted && connections is not null && Held is null)
        {
            Held = connections.Take(shown!);
            Peer = Held is null ? Peer.But(PeerVerdict.TooManyConnections, connections.Refusal) : Peer;
        }

        return Peer.IsAccepted;
    }

    /// <summary>The platform leaves what the peer sent in the chain's extra store.</summary>
    internal static IEnumerable<X509Certificate2> PresentedBy(X509Chain? chain) => chain?.ChainPolicy.ExtraStore ?? [];

    public RemoteCertificateValidationCallback Callback(
        CaBundle anchors, Func<X509Certificate2, string?>? objection, CertificateConnections? connections, TimeProvider time) =>
        (_, certificate, chain, _) => CheckClient(certificate, chain, anchors, objection, connections, time);
}
