using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;
using ClusterProxy.Testing.Certificates;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>A managed cluster's API in this process, and in processes of their own the agent, the server and the gateway before it.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    public const string Cluster = "alpha";

    private const string User = "load-test";

    private readonly Rig _rig = new();
    private ProxyPair _pair = null!;
    private ProgramProcess _gateway = null!;
    private TestCertificate _user = null!;
    private int _port;
    private int _healthPort;

    public ManagedApiTarget Api { get; private set; } = null!;

    public Rig Shared => _rig;

    /// <summary>Resident set of the gateway.</summary>
    public double GatewayMebibytes => ProcFiles.Read(_gateway.Id).ResidentBytes / (1024.0 * 1024.0);

    /// <summary>What is left of the gateway's managed heap by a full collection, which this causes.</summary>
    public async Task<double> GatewayLiveMebibytesAsync(CancellationToken cancellationToken) =>
        await LiveHeap.LeastAsync(_gateway.Id, new Uri($"http://127.0.0.1:{_healthPort}/metrics"), cancellationToken) / (1024.0 * 1024.0);

    public static async Task<GatewayRig> StartAsync(CancellationToken cancellationToken)
    {
        var rig = new GatewayRig();
        try
        {
            await rig.OpenAsync(cancellationToken);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public string Url(string path, bool isDirect, string scheme = "https") => isDirect
        ? $"{scheme}://127.0.0.1:{Api.Port}{path}"
        : $"{scheme}://127.0.0.1:{_port}/apis/cluster.core.oam.dev/v1alpha1/clustergateways/{Cluster}/proxy{path}";

    /// <summary>A client of either.</summary>
    /// <param name="connections">At most so many.</param>
    public SocketsHttpHandler Handler(int connections)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_rig.Certificates.Authority.Certificate);
        return new SocketsHttpHandler
        {
            UseProxy = false,
            MaxConnectionsPerServer = connections,
            EnableMultipleHttp2Connections = true,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                ClientCertificateContext = SslStreamCertificateContext.Create(_user.Certificate, null, offline: true),
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_pair is not null)
        {
            await _pair.StopAsync();
        }

        if (Api is not null)
        {
            await Api.DisposeAsync();
        }

        await _rig.DisposeAsync();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        _user = _rig.Certificates.Client(User);
        Api = await ManagedApiTarget.StartAsync(_rig.Certificates.Server("127.0.0.1", "kubernetes.default.svc").Certificate);
        _pair = new ProxyPair(_rig, new PairSettings(BuiltProgram.ProxyServer, BuiltProgram.ProxyAgent, Mode: null)
        {
            AgentFlags = [$"target-alias={Cluster}:443=127.0.0.1:{Api.Port}"],
        });
        await _pair.StartAsync(cancellationToken);
        var clusters = Directory.CreateDirectory(_rig.NextFile("clusters")).FullName;
        await File.WriteAllTextAsync(Path.Combine(clusters, "alpha.yaml"), ClusterYaml(), cancellationToken);
        var policy = _rig.NextFile("access.yaml");
        await File.WriteAllTextAsync(policy, $"rules:\n- users: [{User}]\n  clusters: [\"*\"]\n  verbs: [\"*\"]\n", cancellationToken);
        (_port, _healthPort) = (_rig.NextPort(), _rig.NextPort());
        _gateway = ProgramStart.Start(
            BuiltProgram.ClusterGateway,
            [
                $"--clusters-dir={clusters}", $"--access-policy={policy}", $"--proxy-host=unix://{_pair.UnixSocket}",
                $"--client-ca-file={_rig.Certificates.AuthorityFile}", $"--tls-cert-file={_rig.ServerCertificate.CertificateFile}",
                $"--tls-private-key-file={_rig.ServerCertificate.KeyFile}", "--bind-address=127.0.0.1", $"--secure-port={_port}",
                "--health-bind-address=127.0.0.1", $"--health-port={_healthPort}", "--v=0",
            ],
            []);
        await ProgramStart.WaitForReadyAsync(_healthPort, _gateway, cancellationToken);
    }

    private string ClusterYaml() =>
        $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {Cluster}
          labels:
            cluster.core.oam.dev/cluster-credential-type: ServiceAccountToken
            cluster.core.oam.dev/cluster-endpoint-type: ClusterProxy
        data:
          token: {Convert.ToBase64String("t"u8)}
          ca.crt: {Convert.ToBase64String(File.ReadAllBytes(_rig.Certificates.AuthorityFile))}
        """;
}
