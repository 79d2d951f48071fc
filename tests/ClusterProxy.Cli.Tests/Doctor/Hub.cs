using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Server;
using ClusterProxy.Server.Agents.Identity;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>A server and the agent of cluster alpha in this process, all in good order, with every file that doctor can ask for.</summary>
public sealed class Hub : IAsyncLifetime
{
    private readonly FailOnErrorLog _log = new();
    private readonly EchoTarget _api = new();
    private readonly TemporaryDirectory _directory = new();
    private ProxyServerHost _server = null!;
    private ProxyAgentHost _agent = null!;
    private ServerOptions _options = null!;

    public TestCertificates Agents { get; } = new("agents' CA");

    public TestCertificates Frontends { get; } = new("frontends' CA");

    public TestCertificate Cli { get; private set; } = null!;

    public TestCertificate Alpha { get; private set; } = null!;

    public string Socket => _directory.File("frontend.sock");

    public string Policy => _directory.File("policy.yaml");

    public int FrontendPort => _server.FrontendPort;

    public int AgentPort => _server.AgentPort;

    public string ServerHealth => $"http://127.0.0.1:{_server.HealthPort}";

    public string AgentHealth => $"http://127.0.0.1:{_agent.HealthPort}";

    /// <summary>The server and this client's files.</summary>
    public string[] AsFrontend => [.. FrontendAt(FrontendPort), .. Pair(Cli)];

    public string[] AsAgent => [.. AgentAt($"127.0.0.1:{AgentPort}"), "--agent-cert", Alpha.CertificateFile, "--agent-key", Alpha.KeyFile];

    /// <summary>On the server's machine.</summary>
    public string[] AsServer =>
    [
        "--server-cert", _options.ServerCert, "--server-key", _options.ServerKey, "--server-ca-cert", _options.ServerCaCert,
        "--cluster-cert", _options.ClusterCert, "--cluster-key", _options.ClusterKey, "--cluster-ca-cert", _options.ClusterCaCert,
    ];

    public static string[] Pair(TestCertificate certificate) => ["--cert", certificate.CertificateFile, "--key", certificate.KeyFile];

    public string[] FrontendAt(int port) => ["--server", $"https://127.0.0.1:{port}", "--ca", Frontends.AuthorityFile];

    public string[] AgentAt(string address) => ["--agent-address", address, "--agent-ca", Agents.AuthorityFile];

    public async Task InitializeAsync()
    {
        Cli = Guarded(Frontends.Client("cli", "spiffe://hub/frontend/cli"));
        Alpha = Guarded(Agents.Client("agent", "spiffe://hub/cluster/alpha"));
        var (agentPort, frontendPort) = (Guarded(Agents.Server()), Guarded(Frontends.Server()));
        await File.WriteAllTextAsync(Policy, """
            rules:
            - subjects: ["uri:spiffe://hub/frontend/cli"]
              clusters: [alpha, gamma]
            """);
        _options = new ServerOptions
        {
            Mode = FrontendMode.Auto,
            ServerId = "hub",
            ProxyStrategies = [ProxyStrategy.DestHost],
            AgentIdentity = AgentIdentityMode.Certificate,
            AgentPort = 0,
            AgentBindAddress = IPAddress.Loopback,
            ClusterCert = agentPort.CertificateFile,
            ClusterKey = agentPort.KeyFile,
            ClusterCaCert = Agents.AuthorityFile,
            ServerPort = 0,
            ServerBindAddress = IPAddress.Loopback,
            ServerCert = frontendPort.CertificateFile,
            ServerKey = frontendPort.KeyFile,
            ServerCaCert = Frontends.AuthorityFile,
            FrontendUdsName = Socket,
            FrontendPolicy = Policy,
            HealthPort = 0,
            HealthBindAddress = IPAddress.Loopback,
            AdminPort = 0,
            ShutdownDelay = TimeSpan.Zero,
        };
        _server = await StartServerAsync(static o => o);
        _agent = await ProxyAgentHost.StartAsync(
            new AgentOptions
            {
                AgentId = "alpha-1",
                AgentIdentifiers = "host=alpha",
                AgentCert = Alpha.CertificateFile,
                AgentKey = Alpha.KeyFile,
                CaCert = Agents.AuthorityFile,
                ProxyServerHost = [new HostPort("127.0.0.1", _server.AgentPort)],
                TargetAlias = [$"alpha:443={_api.Address}"],
                HealthServerHost = IPAddress.Loopback,
                HealthServerPort = 0,
                AdminServerPort = 0,
            },
            _log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(_server.Agents.Tunnels.Length > 0 && _agent.OpenTunnels > 0));
    }

    /// <summary>Another server with the same files, for the caller to dispose.</summary>
    internal Task<ProxyServerHost> StartServerAsync(Func<ServerOptions, ServerOptions> configure) =>
        ProxyServerHost.StartAsync(configure(_options), _log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout();

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync().DefaultTimeout();
        await _server.DisposeAsync().DefaultTimeout();
        await _api.DisposeAsync();
        Agents.Dispose();
        Frontends.Dispose();
        _directory.Dispose();
        _log.Dispose();
    }

    /// <summary>As an operator would have it.</summary>
    public static TestCertificate Guarded(TestCertificate certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(certificate.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return certificate;
    }
}
