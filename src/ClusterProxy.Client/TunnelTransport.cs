namespace ClusterProxy.Client;

/// <summary>How the client speaks to the proxy server.</summary>
public enum TunnelTransport
{
    /// <summary>
    /// One gRPC stream a connection, many of them over one HTTP/2 connection (konnectivity's <c>--mode=grpc</c>). The
    /// default: a dial costs no handshake, and closing is acknowledged by the far end. Toward this project's server it changes over
    /// to lanes, see <see cref="TunnelClientOptions.Lanes"/>.
    /// </summary>
    Grpc,

    /// <summary>
    /// One TCP or Unix connection a dial, opened by an HTTP/1.1 CONNECT request (konnectivity's <c>--mode=http-connect</c>).
    /// For servers that run in that mode, and where a middlebox does not pass gRPC.
    /// </summary>
    HttpConnect,

    /// <summary>
    /// Lanes and nothing else: a few connections that carry all dials as packets without HTTP/2, which takes about half of the
    /// work off each byte. Only this project's server has them. <see cref="Grpc"/> finds that out by its first dial and goes on
    /// on lanes by itself; this is for those who know it before, since the first dial is on a lane too and no HTTP/2
    /// connection is made.
    /// </summary>
    Lane,
}
