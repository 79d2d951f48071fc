using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>
/// The connections to one API server. A client certificate belongs to its connections, so a new one gets new connections, and
/// what runs on the old ones, such as a watch, runs on to its end.
/// </summary>
internal sealed class ApiTransport(KubeConfigCluster cluster, ServerTrust trust) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A dead peer is found by HTTP/2 pings within 45 s, also below a silent watch.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private TransportConnections? _current;
    private bool _disposed;

    /// <summary>Completes with the answer's headers.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, ClientIdentity? identity, CancellationToken cancellationToken)
    {
        var connections = Rent(identity);
        try
        {
            return await connections.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Return(connections);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Retire();
        }
    }

    private TransportConnections Rent(ClientIdentity? identity)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_current is null || !ReferenceEquals(_current.Identity, identity))
            {
                Retire();
                _current = new TransportConnections(identity, new HttpMessageInvoker(Handler(identity)));
            }

            _current.Users++;
            return _current;
        }
    }

    private void Return(TransportConnections connections)
    {
        lock (_gate)
        {
            connections.Users--;
            connections.DisposeIfUnused();
        }
    }

    /// <summary>Must hold _gate.</summary>
    private void Retire()
    {
        if (_current is { } old)
        {
            old.IsRetired = true;
            old.DisposeIfUnused();
            _current = null;
        }
    }

    private SocketsHttpHandler Handler(ClientIdentity? identity)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = cluster.DisableCompression ? DecompressionMethods.None : DecompressionMethods.GZip,
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = trust.Validate,
                CertificateChainPolicy = trust.PlatformPolicy(),
                ClientCertificateContext = identity?.Context,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            },
        };
        if (cluster.ProxyUrl is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy);
        }
        else if (cluster.Server.IsLoopback || ServerAddress.OverridesName(cluster))
        {
            // As kubectl, no proxy of the environment for loopback.
            handler.UseProxy = false;
        }

        if (ServerAddress.OverridesName(cluster))
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
            await socket.ConnectAsync(cluster.Server.IdnHost, cluster.Server.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
