using System.Net;
using System.Net.Sockets;
using ClusterProxy.Client;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tracing;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The bytes below TLS to a cluster: straight over TCP, or through the tunnel. Everything that is sent to a cluster goes over it.</summary>
/// <param name="tunnel">Null when no proxy server was named.</param>
/// <param name="addresses">Which addresses are dialled from here; behind the tunnel the agent decides.</param>
/// <param name="tracing">Has a span for each dial; null for none.</param>
internal sealed class ClusterDialer(TunnelClient? tunnel, ClusterAddresses addresses, GatewayTracing? tracing = null)
{
    /// <exception cref="NoTunnelException">The cluster needs a tunnel that there is not.</exception>
    /// <exception cref="RefusedAddressException">None of the host's addresses may be dialled.</exception>
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
        var allowed = await ResolveAsync(host, endpoint.IsOfFile, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What was judged is what is dialled: nobody looks the name up a second time.</summary>
    private async ValueTask<IPAddress[]> ResolveAsync(string host, bool isOfFile, CancellationToken cancellationToken)
    {
        var allowed = new List<IPAddress>();
        var objection = "it has no address";
        foreach (var address in await Dns.GetHostAddressesAsync(host, cancellationToken))
        {
            if (addresses.Objection(address, isOfFile) is { } refused)
            {
                objection = refused;
            }
            else
            {
                allowed.Add(address);
            }
        }

        return allowed.Count > 0 ? [.. allowed] : throw new RefusedAddressException(host, objection);
    }
}
