using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>A gateway without Kubernetes whose only cluster lies behind a proxy-server and a proxy-agent, as processes.</summary>
public class TunnelBed : IAsyncLifetime
{
    public const string Cluster = "alpha";
    public const string Prefix = $"/apis/cluster.core.oam.dev/v1alpha1/clustergateways/{Cluster}/proxy";

    private const string Token = "gateways-token";

    private readonly TestCertificates _planes = new("planes");
    private readonly TemporaryDirectory _directory = new();
    private readonly int[] _ports = FreePorts.Shared.Next(5);
    private ProgramProcess _server = null!;
    private GatewayHost _gateway = null!;

    public FailOnErrorLog Log { get; } = new();

    /// <summary>Client certificates of it are users of the gateway.</summary>
    public TestCertificates Users { get; } = new("users");

    public FakeKubernetesApi Managed { get; private set; } = null!;

    /// <summary>What stands for the cluster's service proxy: it records what it is asked.</summary>
    public FakeKubernetesApi ServiceProxy { get; private set; } = null!;

    public ProgramProcess Agent { get; private set; } = null!;

    /// <summary>The gateway's; the system's unless a test's bed says otherwise.</summary>
    protected virtual TimeProvider Time => TimeProvider.System;

    internal GatewayHost Gateway => _gateway;

    public Uri Url => new($"https://localhost:{_gateway.SecurePort}");

    public string AuthorityFile => _directory.File("gateway-ca/ca.crt");

    public virtual async Task InitializeAsync()
    {
        Managed = await FakeKubernetesApi.StartAsync();
        ServiceProxy = await FakeKubernetesApi.StartAsync();
        ServiceProxy.Anonymous = new ApiUser("whoever the service takes them for");
        ServiceProxy.ServerCertificate = ServiceProxy.Certificates.Server("*.open-cluster-management.proxy").Certificate;
        Managed.Tokens[Token] = new ApiUser("system:serviceaccount:clusterproxy:gateway", "system:masters");
        var (agentPort, socket) = (_planes.Server(), _directory.File("f.sock"));
        _server = ProgramProcess.StartBuilt(BuiltProgram.ProxyServer, [
            "--mode=auto", "--agent-identity=claimed", "--agent-bind-address=127.0.0.1", $"--agent-port={_ports[0]}", $"--cluster-cert={agentPort.CertificateFile}",
            $"--cluster-key={agentPort.KeyFile}", $"--cluster-ca-cert={_planes.AuthorityFile}", $"--uds-name={socket}", "--server-port=0",
            "--health-bind-address=127.0.0.1", $"--health-port={_ports[1]}", $"--admin-port={_ports[2]}", "--proxy-strategies=destHost",
        ]);
        await _server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_ports[1]}/healthz"));
        await StartAgentAsync();
        Directory.CreateDirectory(_directory.File("clusters"));
        await File.WriteAllTextAsync(_directory.File("clusters/alpha.yaml"), $"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: {Cluster}
              labels:
                cluster.core.oam.dev/cluster-credential-type: ServiceAccountToken
                cluster.core.oam.dev/cluster-endpoint-type: ClusterProxy
            data:
              token: {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Token))}
              ca.crt: {Convert.ToBase64String(await File.ReadAllBytesAsync(Managed.Certificates.AuthorityFile))}
            """);
        await File.WriteAllTextAsync(_directory.File("access.yaml"), "rules:\n- { users: [alice], clusters: [\"*\"], verbs: [\"*\"] }\n");
        await File.WriteAllTextAsync(_directory.File("services.yaml"), """
            rules:
            - { users: [alice], clusters: [alpha], services: [{ namespace: monitoring, name: prometheus, port: 9090, scheme: http }] }
            """);
        _gateway = await GatewayHost.StartAsync(
            await PrepareAsync(new GatewayOptions
            {
                ClustersDirectory = _directory.File("clusters"),
                AccessPolicy = _directory.File("access.yaml"),
                ClientCaFile = Users.AuthorityFile,
                Certificates = new ClusterProxy.Gateway.Certificates.CertificateOptions { AuthorityDirectory = _directory.File("gateway-ca") },
                ServicePolicy = _directory.File("services.yaml"),
                ServiceProxyCaCert = ServiceProxy.Certificates.AuthorityFile,
                ProxyHost = $"unix://{socket}",
                BindAddress = IPAddress.Loopback,
                SecurePort = 0,
                HealthBindAddress = IPAddress.Loopback,
                HealthPort = 0,
            }),
            Log.CreateFactory(), Time, CancellationToken.None).DefaultTimeout();
    }

    /// <summary>A client with a certificate of that name, or none.</summary>
    public HttpClient HttpClient(string? user = "alice")
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(AuthorityFile);
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
        if (user is not null)
        {
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(Users.Client(user).Certificate, null, offline: true);
        }

        return new HttpClient(handler) { BaseAddress = Url };
    }

    /// <summary>Asks for SPDY as alice; the stream is where the answer's head ends.</summary>
    internal async Task<SslStream> UpgradeAsync(string target, int expected = 101)
    {
        var authority = X509CertificateLoader.LoadCertificateFromFile(AuthorityFile);
        var stream = await Wire.DialAsync(Url, authority, Users.Client("alice"));
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"POST {target} HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n")).DefaultTimeout();
        Assert.StartsWith($"HTTP/1.1 {expected} ", await Wire.ReadHeadAsync(stream), StringComparison.Ordinal);
        return stream;
    }

    public async Task StartAgentAsync()
    {
        var certificate = _planes.Client("agent");
        var services = Client.TunnelTarget.ServiceProxy(Cluster);
        Agent = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, [
            "--proxy-server-host=127.0.0.1", $"--proxy-server-port={_ports[0]}", $"--ca-cert={_planes.AuthorityFile}",
            $"--agent-cert={certificate.CertificateFile}", $"--agent-key={certificate.KeyFile}", $"--agent-identifiers=host={Cluster}&host={services.Host}",
            $"--target-alias={services}=127.0.0.1:{ServiceProxy.Url.Port}",
            $"--target-alias={Cluster}:443=127.0.0.1:{Managed.Url.Port}",
            "--health-server-host=127.0.0.1", $"--health-server-port={_ports[3]}", $"--admin-server-port={_ports[4]}",
        ]);
        await Agent.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_ports[3]}/readyz"));
        await _server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_ports[1]}/readyz"));
    }

    /// <summary>Before the gateway starts, when everything behind it is there.</summary>
    private protected virtual Task<GatewayOptions> PrepareAsync(GatewayOptions options) => Task.FromResult(options);

    public virtual async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await Agent.DisposeAsync();
        await _server.DisposeAsync();
        await Managed.DisposeAsync();
        await ServiceProxy.DisposeAsync();
        _planes.Dispose();
        Users.Dispose();
        _directory.Dispose();
        Log.Dispose();
    }
}
