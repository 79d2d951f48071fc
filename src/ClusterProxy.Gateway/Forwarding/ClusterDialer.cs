using System.Net.Sockets;
using ClusterProxy.Client;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tracing;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The bytes below TLS to a cluster: straight over TCP, or through the tunnel. Everything that is sent to a cluster goes over it.</summary>
/// <param name="tunnel">Null when no proxy server was named.</param>
/// <param name="tracing">Has a span for each dial; null for none.</param>
internal sealed class ClusterDialer(TunnelClient? tunnel, GatewayTracing? tracing = null)
{
    /// <exception cref="NoTunnelException">The cluster needs a tunnel that there is not.</exception>
    public async ValueTask<Stream> DialAsync(ClusterEndpoint endpoint, SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        using var span = tracing?.StartDial(context.InitialRequestMessage, endpoint.Address.Authority);
        if (endpoint.Kind == EndpointKind.ClusterProxy)
        {
            return await (tunnel ?? throw new NoTunnelException()).ConnectAsync(
                new TunnelTarget(endpoint.Address.IdnHost, endpoint.Address.Port), cancellationToken);
        }

        // With a proxy it is the proxy that is dialled. Otherwise the URL's host is the TLS name, which may be another than the address.
        var (host, port) = endpoint.ProxyUrl is null
            ? (endpoint.Address.IdnHost, endpoint.Address.Port)
            : (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
