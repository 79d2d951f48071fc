namespace ClusterProxy.Hosting.Certificates;

internal static class TlsHandshakeFailureText
{
    public static string Tag(this TlsHandshakeFailure failure) => failure switch
    {
        TlsHandshakeFailure.NoClientHello => "no_client_hello",
        TlsHandshakeFailure.Aborted => "aborted",
        TlsHandshakeFailure.Timeout => "timeout",
        TlsHandshakeFailure.TurnedAway => "turned_away",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, "not a failure"),
    };

    /// <summary>For whoever reads the log without the code.</summary>
    public static string Explain(this TlsHandshakeFailure failure) => failure switch
    {
        TlsHandshakeFailure.NoClientHello => "it sent no TLS ClientHello, as a probe does, or a client without TLS",
        TlsHandshakeFailure.Aborted =>
            "the handshake broke off: the client does not take this port's certificate (its own log says why), or there is no TLS version, "
            + "cipher suite or ALPN name in common",
        TlsHandshakeFailure.Timeout => "the handshake took too long",
        TlsHandshakeFailure.TurnedAway => "more handshakes came than are let through; it may try again",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, "not a failure"),
    };
}
