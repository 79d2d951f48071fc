namespace ClusterProxy.Client;

/// <summary>How the client speaks to the proxy server.</summary>
public enum TunnelTransport
{
    /// <summary>
    /// One gRPC stream a connection, many of them over one HTTP/2 connection (konnectivity's <c>--mode=grpc</c>). The
    /// default: a dial costs no handshake, and closing is acknowledged by the far end.
    /// </summary>
    Grpc,

    /// <summary>
    /// One TCP or Unix connection a dial, opened by an HTTP/1.1 CONNECT request (konnectivity's <c>--mode=http-connect</c>).
    /// For servers that run in that mode, and where a middlebox does not pass gRPC.
    /// </summary>
    HttpConnect,
}
