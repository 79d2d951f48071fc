using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Server.Tests.Kit;

/// <summary>A whole server on free loopback ports, its frontends on a Unix socket unless a test says otherwise.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly List<IAsyncDisposable> _peers = [];
    private readonly List<IDisposable> _handlers = [];

    private TestServer(TemporaryDirectory directory, TestCertificates agents, TestCertificates frontends)
    {
        _directory = directory;
        AgentCertificates = agents;
        FrontendCertificates = frontends;
        Log = new FailOnErrorLog();
    }

    public ProxyServerHost Host { get; private set; } = null!;

    public ServerOptions Options { get; private set; } = null!;

    public TestCertificates AgentCertificates { get; }

    public TestCertificates FrontendCertificates { get; }

    public FailOnErrorLog Log { get; }

    /// <summary>What frontends show from now on, on TCP; null shows any that is good.</summary>
    public TestCertificate? FrontendCertificate { get; set; }

    /// <summary>What agents show from now on; null shows one without any name.</summary>
    public TestCertificate? AgentCertificate { get; set; }

    public int EstablishedCount => Host.Agents.Tunnels.Sum(t => t.ConnectionCount);

    public int PendingCount => Host.Agents.Tunnels.Sum(t => t.PendingDialCount);

    public static async Task<TestServer> StartAsync(
        Func<ServerOptions, ServerOptions>? configure = null, TimeProvider? time = null, bool tcp = false)
    {
        var server = new TestServer(new TemporaryDirectory(), new TestCertificates("agents"), new TestCertificates("frontends"));
        var agentPort = server.AgentCertificates.Server();
        var options = new ServerOptions
        {
            AgentPort = 0,
            AgentBindAddress = IPAddress.Loopback,
            ClusterCert = agentPort.CertificateFile,
            ClusterKey = agentPort.KeyFile,
            ClusterCaCert = server.AgentCertificates.AuthorityFile,
            HealthPort = 0,
            HealthBindAddress = IPAddress.Loopback,
            AdminPort = 0,
            ServerPort = 0,
            ServerBindAddress = IPAddress.Loopback,
            UdsName = server._directory.File("f.sock"),
            ServerId = "server-under-test",
            ServerCount = 3,
            ShutdownDelay = TimeSpan.Zero,
        };
        if (tcp)
        {
            var frontendPort = server.FrontendCertificates.Server();
            options = options with
            {
                UdsName = "",
                ServerCert = frontendPort.CertificateFile,
                ServerKey = frontendPort.KeyFile,
                ServerCaCert = server.FrontendCertificates.AuthorityFile,
            };
        }

        server.Options = configure?.Invoke(options) ?? options;
        server.Host = await ProxyServerHost.StartAsync(
            server.Options, server.Log.CreateFactory(), time ?? TimeProvider.System, CancellationToken.None);
        return server;
    }

    public PrometheusFamily Metric(string name) => PrometheusTextParser.Parse(Host.RenderMetrics())[name];

    /// <summary>0 as long as none was counted: the series appears with the first.</summary>
    public double DialFailures(string reason) =>
        PrometheusTextParser.Parse(Host.RenderMetrics()).TryGetValue("konnectivity_network_proxy_server_dial_failure_count", out var failures)
            ? failures.Samples.Where(s => s.Labels["reason"] == reason).Sum(static s => s.Value)
            : 0;

    /// <summary>An agent that has its headers and is registered.</summary>
    public async Task<ScriptedPeer> ConnectAgentAsync(string id = "agent-1", string identifiers = "", string? features = null)
    {
        var before = Host.Agents.Tunnels.Length;
        var call = await CallAgentPortAsync(
            [new("agentid", id), new("agentidentifiers", identifiers), .. features is null ? [] : Features(features)]);
        await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(Host.Agents.Tunnels.Length > before));
        return Keep(new ScriptedPeer(call));
    }

    public async Task<GrpcClientCall> CallAgentPortAsync(
        KeyValuePair<string, string>[] metadata, string method = TunnelHeaders.ConnectMethod)
    {
        var client = AgentCertificate ?? AgentCertificates.Client();
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = AgentCertificates.Authority.ToBundle,
                KeyPair = () => KeyPairFile.Load("c", client.CertificateFile, "k", client.KeyFile),
            },
            TimeProvider.System);
        return await GrpcClientCall.StartAsync(
            Handler(() => DialTlsAsync(Host.AgentPort, tls)), new Uri("http://localhost"), method, metadata, CancellationToken.None)
            .DefaultTimeout();
    }

    /// <summary>One more stream of this handler's connections.</summary>
    public async Task<ScriptedPeer> OpenFrontendAsync(HttpMessageInvoker handler) => Keep(new ScriptedPeer(await GrpcClientCall.StartAsync(
        handler, new Uri("http://localhost"), TunnelHeaders.ProxyMethod, [], CancellationToken.None).DefaultTimeout()));

    public async Task<ScriptedPeer> OpenFrontendAsync(string? features = null)
    {
        var call = await CallFrontendAsync(TunnelHeaders.ProxyMethod, features is null ? [] : Features(features));
        return Keep(new ScriptedPeer(call));
    }

    public Task<GrpcClientCall> CallFrontendAsync(string method, params KeyValuePair<string, string>[] metadata) =>
        GrpcClientCall.StartAsync(FrontendHandler(), new Uri("http://localhost"), method, metadata, CancellationToken.None)
            .DefaultTimeout();

    public HttpMessageInvoker FrontendHandler(Action? connecting = null) => Handler(() =>
    {
        connecting?.Invoke();
        return DialFrontendAsync();
    });

    /// <summary>A raw connection to the frontend's listener, TLS included where it has it.</summary>
    /// <param name="protocol">The one ALPN name to offer; null for what the server's mode asks for.</param>
    public async Task<Stream> DialFrontendAsync(string? protocol = null)
    {
        if (Options.UdsName.Length > 0)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Options.UdsName)).DefaultTimeout();
            return new NetworkStream(socket, ownsSocket: true);
        }

        var client = FrontendCertificate ?? FrontendCertificates.Client();
        return await DialTlsAsync(Host.FrontendPort, new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = FrontendCertificates.Authority.ToBundle,
                KeyPair = () => KeyPairFile.Load("c", client.CertificateFile, "k", client.KeyFile),
                OfferHttp2 = protocol is null && Options.Mode != FrontendMode.HttpConnect,
                ExtraApplicationProtocols = protocol is not null ? [protocol] : Options.Mode == FrontendMode.HttpConnect ? ["http/1.1"] : [],
            },
            TimeProvider.System));
    }

    /// <summary>Waits until nothing of any frontend is left.</summary>
    public async Task ShouldBecomeEmptyAsync()
    {
        await Eventually.ObserveAsync(() => Task.FromResult(EstablishedCount), count => count == 0);
        await Eventually.ObserveAsync(() => Task.FromResult(PendingCount + Host.Router.PendingCount), count => count == 0);
        await Eventually.ObserveAsync(() => Task.FromResult(Host.Frontends.ConnectCount + Host.Frontends.GrpcCount), count => count == 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers)
        {
            await peer.DisposeAsync();
        }

        await Host.DisposeAsync();
        _handlers.ForEach(h => h.Dispose());
        AgentCertificates.Dispose();
        FrontendCertificates.Dispose();
        _directory.Dispose();
        Log.Dispose();
    }

    private static KeyValuePair<string, string>[] Features(string features) => [new("clusterproxy-features", features)];

    private static async Task<Stream> DialTlsAsync(int port, ClientTls tls)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).DefaultTimeout();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(tls.Begin("localhost").Options, CancellationToken.None).DefaultTimeout();
        return stream;
    }

    private HttpMessageInvoker Handler(Func<Task<Stream>> dial)
    {
        var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) => await dial(),
            EnableMultipleHttp2Connections = true,
        });
        _handlers.Add(invoker);
        return invoker;
    }

    private ScriptedPeer Keep(ScriptedPeer peer)
    {
        _peers.Add(peer);
        return peer;
    }
}
