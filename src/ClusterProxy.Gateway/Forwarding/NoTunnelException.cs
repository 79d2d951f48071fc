namespace ClusterProxy.Gateway.Forwarding;

/// <summary>A cluster is behind the tunnel, and the gateway was told of no proxy server.</summary>
internal sealed class NoTunnelException()
    : IOException("it is reached through the tunnel, and this gateway has none: name the proxy server with --proxy-host");
