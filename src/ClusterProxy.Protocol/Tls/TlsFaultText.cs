namespace ClusterProxy.Protocol.Tls;

/// <summary>Words for TLS handshakes that broke, where the platform speaks of its own insides.</summary>
internal static class TlsFaultText
{
    /// <summary>What the platform says of bytes that are no TLS record.</summary>
    private const string NoRecord = "frame size";

    public static string Of(Exception fault)
    {
        var cause = fault.GetBaseException();
        return cause.Message.Contains(NoRecord, StringComparison.Ordinal) ? "what came back is no TLS"
            : cause is ObjectDisposedException or EndOfStreamException ? "the connection ended"
            : cause.Message.TrimEnd('.');
    }
}
