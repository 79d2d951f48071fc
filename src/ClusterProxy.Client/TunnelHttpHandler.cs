using System.Net.Security;

namespace ClusterProxy.Client;

/// <summary>
/// Sends HTTP requests through the tunnel: <c>new HttpClient(new TunnelHttpHandler(client))</c>. The host and port of the
/// request's URL are the target, resolved where the agent runs; TLS runs end to end between this process and the target.
/// </summary>
/// <remarks>
/// Connections are pooled and HTTP/2 is used where the target offers it. A failed dial is the inner exception of the
/// <see cref="HttpRequestException"/>, a <see cref="TunnelConnectException"/>.
/// </remarks>
public sealed class TunnelHttpHandler : DelegatingHandler
{
    /// <summary>Creates a handler.</summary>
    /// <param name="client">Dials. The handler does not dispose it.</param>
    /// <param name="configure">
    /// Changes the inner handler before its first use: TLS to the target (<see cref="SocketsHttpHandler.SslOptions"/>), pooling,
    /// decompression. Its connect callback is the tunnel's and stays so.
    /// </param>
    public TunnelHttpHandler(TunnelClient client, Action<SocketsHttpHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        var inner = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions(),
            EnableMultipleHttp2Connections = true,
            // The dial has its own timeout, whose message says more.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
        };
        configure?.Invoke(inner);
        // A proxy of the environment stands between this process and the internet, not between the agent and its cluster.
        inner.UseProxy = false;
        inner.ConnectCallback = async (context, cancellationToken) => await client.ConnectAsync(
            new TunnelTarget(context.DnsEndPoint.Host.Trim('[', ']'), context.DnsEndPoint.Port), cancellationToken).ConfigureAwait(false);
        InnerHandler = inner;
    }
}
