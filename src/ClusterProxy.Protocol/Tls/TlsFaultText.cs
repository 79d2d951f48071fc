namespace ClusterProxy.Protocol.Tls;

/// <summary>Words for TLS handshakes that broke, where the platform speaks of its own insides.</summary>
internal static class TlsFaultText
{
    /// <summary>What the platform says of bytes that are no TLS record.</summary>
    private const string NoRecord = "frame size";

    /// <summary>What OpenSSL says of the alert of RFC 7301, section 3.2.</summary>
    private const string NoProtocol = "no application protocol";

    /// <summary>Whether the server has none of the protocols that it was offered.</summary>
    public static bool IsOfTheProtocol(Exception fault) => fault.GetBaseException().Message.Contains(NoProtocol, StringComparison.Ordinal);

    public static string Of(Exception fault)
    {
        var cause = fault.GetBaseException();
        return cause.Message.Contains(NoRecord, StringComparison.Ordinal) ? "what came back is no TLS"
            : IsOfTheProtocol(fault) ? "it speaks another protocol"
            : cause is ObjectDisposedException or EndOfStreamException ? "the connection ended"
            : cause.Message.TrimEnd('.');
    }
}
