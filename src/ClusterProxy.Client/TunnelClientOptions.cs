using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client;

/// <summary>Where the proxy server is and how to speak to it. Read once, when the client is created.</summary>
public sealed class TunnelClientOptions
{
    /// <summary>
    /// The frontend of the proxy server. Required, since nothing can be guessed.
    /// <list type="bullet">
    /// <item><c>https://host:port</c>: TLS, in production with a client certificate;</item>
    /// <item><c>unix:///path</c> or <c>unix:path</c>: a Unix socket without TLS, guarded by the file's permissions;</item>
    /// <item><c>http://host:port</c>: no TLS at all, accepted for loopback hosts only.</item>
    /// </list>
    /// </summary>
    public Uri? Address { get; set; }

    /// <summary>gRPC by default: it is konnectivity's default mode, and one connection serves all dials.</summary>
    public TunnelTransport Transport { get; set; } = TunnelTransport.Grpc;

    /// <summary>
    /// Lanes to this project's own server, that is connections that carry packets of many dials without HTTP/2. 2 by default, as
    /// agents have: a second keeps one core's worth of TLS from being the limit of all connections together, and more than
    /// the server has cores to spare gain nothing. They are opened after the first dial, when the server has announced that it takes
    /// them, are closed after 5 minutes without use, and nothing else depends on them: 0 stays on gRPC. Upstream's server
    /// announces none.
    /// </summary>
    public int Lanes { get; set; } = 2;

    /// <summary>
    /// The certificate that proves who this client is, with its chain; asked for at each handshake, so that a renewed one
    /// is used without a restart. Wins over <see cref="ClientCertificates"/>. Null by default.
    /// </summary>
    public Func<SslStreamCertificateContext?>? ClientCertificateProvider { get; set; }

    /// <summary>
    /// Certificates with private keys, of which TLS picks one that the server's list of authorities allows. Empty by
    /// default; a konnectivity frontend on TCP demands one.
    /// </summary>
    public X509Certificate2Collection ClientCertificates { get; } = [];

    /// <summary>
    /// PEM file of the certificate that proves who this client is, the leaf first, its chain behind it. Null by default. The file
    /// is followed: it is read at each handshake, so that a renewed certificate, in a Kubernetes Secret volume too, is used without a
    /// restart; content that cannot be used, or is not read within a second, is logged and leaves the last good one in use. It is read
    /// when the client is created, too, so that a wrong path fails there; a disk that hangs then is left to the dials, which fail until
    /// it has been read once.
    /// <see cref="ClientCertificateProvider"/> wins.
    /// </summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>
    /// PEM file of the key of <see cref="ClientCertificateFile"/>, not encrypted. Null by default: the key is in that file too.
    /// </summary>
    public string? ClientKeyFile { get; set; }

    /// <summary>
    /// The authorities that may have signed the server's certificate. Empty by default, which means the machine's own
    /// store; when one is given, only these count. Revocation is not checked: cluster authorities publish no lists.
    /// </summary>
    public X509Certificate2Collection ServerAuthorities { get; } = [];

    /// <summary>
    /// PEM file of the authorities that may have signed the server's certificate, followed as <see cref="ClientCertificateFile"/>
    /// is: a file with the old and the new authority carries a client through a roll-over. Null by default; wins over
    /// <see cref="ServerAuthorities"/>.
    /// </summary>
    public string? ServerAuthoritiesFile { get; set; }

    /// <summary>
    /// Gives the authorities at each handshake. Null by default; wins over <see cref="ServerAuthoritiesFile"/> and
    /// <see cref="ServerAuthorities"/> unless it returns null.
    /// </summary>
    public Func<X509Certificate2Collection?>? ServerAuthoritiesProvider { get; set; }

    /// <summary>
    /// Replaces the check of the server's certificate altogether. Null by default: the chain must end at
    /// <see cref="ServerAuthorities"/> and the name must match.
    /// </summary>
    public RemoteCertificateValidationCallback? ServerCertificateValidation { get; set; }

    /// <summary>The name the server's certificate must carry, and that SNI shows. Null by default: the host of <see cref="Address"/>.</summary>
    public string? ServerName { get; set; }

    /// <summary>
    /// How long one dial may take, from opening the tunnel to the answer of the agent. 30 s by default, the backstop of
    /// upstream's client: an agent gives its own dial 5 s, so more only helps across very slow links. Infinite is allowed.
    /// </summary>
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long connecting to the proxy server may take, TLS included. 10 s by default: enough for two lost SYNs (1 s and
    /// 2 s) and a slow handshake, and a third of the dial timeout, so the message can still name the server.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a connection that is being closed has to send what was written and to be acknowledged by the far end; then it is cut.
    /// <see cref="TunnelStream.CloseAsync"/> waits so long at most, and so does <see cref="TunnelClient.DisposeAsync"/> for streams
    /// that were disposed before it; disposing a stream does not wait. 10 s by default, as long as upstream's client waits. Infinite
    /// is allowed, and both wait as long then.
    /// </summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an HTTP/2 connection with open tunnels stays silent before it is pinged. 6 minutes by default: upstream's
    /// frontend port drops a client that pings more often than every 5 minutes without data in between, and any ping when
    /// no tunnel is open, which this client never sends. Set 30 s for this project's own server, which allows it. Infinite
    /// sends none. TCP keep-alive (30 s idle, then every 10 s) runs in either case and finds a dead peer in one minute.
    /// </summary>
    public TimeSpan KeepAliveDelay { get; set; } = TimeSpan.FromMinutes(6);

    /// <summary>
    /// How long a ping may stay unanswered, on an HTTP/2 connection or a lane, before its connections end with an error. 20 s by
    /// default, as all upstream components wait.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Bytes of one received message; a longer one ends its tunnel. 4 MiB by default, the limit of every upstream
    /// component, which therefore none of them exceeds.
    /// </summary>
    public int MaxMessageSize { get; set; } = GrpcFrame.DefaultMaxMessageSize;

    /// <summary>Additions to the wire that are not announced: for tests of peers that lack them.</summary>
    internal TunnelFeatureSet WithoutFeatures { get; set; }

    /// <summary>What a client goes by, whatever becomes of this object.</summary>
    internal TunnelClientOptions Copy()
    {
        var copy = new TunnelClientOptions
        {
            Address = Address,
            Transport = Transport,
            Lanes = Lanes,
            ClientCertificateProvider = ClientCertificateProvider,
            ClientCertificateFile = ClientCertificateFile,
            ClientKeyFile = ClientKeyFile,
            ServerAuthoritiesFile = ServerAuthoritiesFile,
            ServerAuthoritiesProvider = ServerAuthoritiesProvider,
            ServerCertificateValidation = ServerCertificateValidation,
            ServerName = ServerName,
            DialTimeout = DialTimeout,
            ConnectTimeout = ConnectTimeout,
            CloseTimeout = CloseTimeout,
            KeepAliveDelay = KeepAliveDelay,
            KeepAliveTimeout = KeepAliveTimeout,
            MaxMessageSize = MaxMessageSize,
            WithoutFeatures = WithoutFeatures,
            TimeProvider = TimeProvider,
            LoggerFactory = LoggerFactory,
            MeterFactory = MeterFactory,
        };
        copy.ClientCertificates.AddRange(ClientCertificates);
        copy.ServerAuthorities.AddRange(ServerAuthorities);
        return copy;
    }

    /// <summary>The clock of all timeouts. The system's by default; tests bring their own.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the client logs; null by default, which means nowhere. No log line carries keys or payload.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// Creates the meter <c>ClusterProxy.Client</c>. Null by default: the client then has a meter of its own, which
    /// listeners find by the same name.
    /// </summary>
    public IMeterFactory? MeterFactory { get; set; }
}
