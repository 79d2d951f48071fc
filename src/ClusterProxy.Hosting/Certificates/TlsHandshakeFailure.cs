namespace ClusterProxy.Hosting.Certificates;

/// <summary>Handshakes that ended without a verdict on a certificate; with <see cref="PeerVerdict"/> the metric's reasons.</summary>
internal enum TlsHandshakeFailure
{
    /// <summary>The peer left, or sent something else, before a whole ClientHello: probes, scanners, plain text on a TLS port.</summary>
    NoClientHello,

    /// <summary>No version, cipher suite or ALPN name in common, or the peer refused our certificate.</summary>
    Aborted,
    Timeout,

    /// <summary>More came than are let through.</summary>
    TurnedAway,
}
