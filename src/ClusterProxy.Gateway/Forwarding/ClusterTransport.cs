using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Credentials;
using ClusterProxy.Kubernetes.Transport;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// The way to one cluster as one description has it: trust, credential, circuit breaker, connections. Another description gets another
/// transport, and what runs on this one runs on to its end.
/// </summary>
internal sealed class ClusterTransport
{
    /// <summary>A dead peer is found by HTTP/2 pings within 45 s, also below a silent watch.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Cluster _cluster;
    private readonly ClusterDialer _dialer;
    private readonly TimeSpan _connectTimeout;
    private readonly ServerTrust _trust;
    private readonly ICredentialSource _credentials;
    private readonly ClusterBreaker _breaker;
    private readonly TransportConnections _connections;
    private long? _hinted;

    /// <exception cref="KubeConfigException">The authorities cannot be used.</exception>
    public ClusterTransport(Cluster cluster, ClusterDialer dialer, GatewayOptions options, TimeProvider time, GatewayMetrics metrics, ILogger logger)
    {
        _cluster = cluster;
        _dialer = dialer;
        _connectTimeout = options.ClusterConnectTimeout;
        var settings = new KubernetesClientOptions();
        var endpoint = cluster.Endpoint;
        var access = new KubeConfigCluster
        {
            Server = endpoint.Address,
            CertificateAuthority = endpoint.CaBundle,
            TlsServerName = endpoint.ServerName,
            InsecureSkipTlsVerify = endpoint.Insecure,
            ProxyUrl = endpoint.ProxyUrl,
        };
        _trust = new ServerTrust(access, settings.FileRereadPeriod, time, logger);
        _credentials = CredentialSource.Create(cluster.Credential.Secret, access, settings, time, logger);
        _breaker = new ClusterBreaker(
            time,
            () =>
            {
                metrics.Forwarding.CircuitOpened();
                logger.CircuitOpened(cluster.Name);
            },
            () => logger.CircuitClosed(cluster.Name));
        _connections = new TransportConnections(identity => new ClusterMessageHandler(Handler(identity), _breaker));
        LastUsed = time.GetTimestamp();
    }

    public Cluster Cluster => _cluster;

    /// <summary>Timestamp of the last rent; set by the pool.</summary>
    public long LastUsed { get; set; }

    public bool IsUnused => _connections.IsUnused;

    /// <summary>What was wrong with the cluster's certificate at the last handshake that failed; null when none did.</summary>
    public string? LastTrustFailure => _trust.LastFailure;

    /// <summary>The base of URLs. The platform takes the TLS name from there, or from the Host header where a proxy needs the address.</summary>
    public Uri BaseUrl => _cluster.Endpoint is { ServerName: { } name, ProxyUrl: null } endpoint
        ? new UriBuilder(endpoint.Address) { Host = name }.Uri
        : _cluster.Endpoint.Address;

    /// <summary>Null for the URL's own.</summary>
    public string? HostHeader => _cluster.Endpoint is { ServerName: { } name, ProxyUrl: not null } ? name : null;

    /// <exception cref="IOException">There is none: a file cannot be read, a plugin failed.</exception>
    public ValueTask<Credential> CredentialAsync(CancellationToken cancellationToken) => _credentials.GetAsync(cancellationToken);

    /// <summary>The cluster does not take it: what can be read or run again is.</summary>
    public void Reject(Credential credential) => _credentials.Reject(credential);

    /// <summary>True at most once in an interval.</summary>
    public bool MayHint(TimeProvider time, TimeSpan interval)
    {
        lock (_gate)
        {
            if (_hinted is { } last && time.GetElapsedTime(last) < interval)
            {
                return false;
            }

            _hinted = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Must be returned when the request is over, to its last byte.</summary>
    public RentedInvoker Rent(ClientIdentity? identity) => _connections.Rent(identity);

    public void Return(RentedInvoker rented) => _connections.Return(rented);

    /// <summary>Closes what is idle now and the rest when it is over.</summary>
    public void Retire() => _connections.Retire();

    private SocketsHttpHandler Handler(ClientIdentity? identity) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = _connectTimeout,
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = PingDelay,
        KeepAlivePingTimeout = PingTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,

        // Kestrel reads names of users in UTF-8, and that is how they go on.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        Proxy = _cluster.Endpoint.ProxyUrl is { } proxy ? new WebProxy(proxy) : null,
        UseProxy = _cluster.Endpoint.ProxyUrl is not null,
        ConnectCallback = (context, cancellationToken) => _dialer.DialAsync(_cluster.Endpoint, context, cancellationToken),
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = _trust.Validate,
            CertificateChainPolicy = _trust.PlatformPolicy(),
            ClientCertificateContext = identity?.Context,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        },
    };
}
