using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>The way to one API server.</summary>
internal sealed class ApiTransport : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A dead peer is found by HTTP/2 pings within 45 s, also below a silent watch.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    private readonly KubeConfigCluster _cluster;
    private readonly ServerTrust _trust;
    private readonly TransportConnections _connections;
    private volatile bool _disposed;

    public ApiTransport(KubeConfigCluster cluster, ServerTrust trust)
    {
        _cluster = cluster;
        _trust = trust;
        _connections = new TransportConnections(Handler);
    }

    /// <summary>Completes with the answer's headers.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, ClientIdentity? identity, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rented = _connections.Rent(identity);
        try
        {
            return await rented.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _connections.Return(rented);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _connections.Retire();
    }

    private SocketsHttpHandler Handler(ClientIdentity? identity)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = _cluster.DisableCompression ? DecompressionMethods.None : DecompressionMethods.GZip,
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = _trust.Validate,
                CertificateChainPolicy = _trust.PlatformPolicy(),
                ClientCertificateContext = identity?.Context,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            },
        };
        if (_cluster.ProxyUrl is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy);
        }
        else if (_cluster.Server.IsLoopback || ServerAddress.OverridesName(_cluster))
        {
            // As kubectl, no proxy of the environment for loopback.
            handler.UseProxy = false;
        }

        if (ServerAddress.OverridesName(_cluster))
        {
            handler.ConnectCallback = ConnectAsync;
        }

        return handler;
    }

    /// <summary>URLs carry the TLS name then (see <see cref="ServerAddress"/>); what is dialled is the server.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_cluster.Server.IdnHost, _cluster.Server.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
