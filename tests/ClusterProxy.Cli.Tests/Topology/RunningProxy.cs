using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Cli.Tests.Topology;

/// <summary>A proxy-server, an agent of cluster alpha as processes, and alpha's API; shared by the tests of one class.</summary>
public sealed class RunningProxy : IAsyncLifetime
{
    private readonly TestCertificates _agents = new("agents");
    private readonly TestCertificates _frontends = new("frontends");
    private readonly TemporaryDirectory _directory = new();
    private readonly int[] _ports = FreePorts.Shared.Next(6);
    private ProgramProcess _server = null!;
    private ProgramProcess _agent = null!;
    private TestCertificate _client = null!;

    /// <summary>What the agent dials for alpha:443.</summary>
    public FakeKubernetesApi Api { get; private set; } = null!;

    public string Socket => _directory.File("frontend.sock");

    /// <summary>The options that reach the server over TCP with mTLS.</summary>
    public string[] Tcp =>
    [
        "--server", $"https://127.0.0.1:{_ports[1]}", "--ca", _frontends.AuthorityFile,
        "--cert", _client.CertificateFile, "--key", _client.KeyFile,
    ];

    /// <summary>The same as variables.</summary>
    public KeyValuePair<string, string?>[] Environment =>
    [
        new("CLUSTERPROXY_SERVER", $"https://127.0.0.1:{_ports[1]}"), new("CLUSTERPROXY_CA", _frontends.AuthorityFile),
        new("CLUSTERPROXY_CERT", _client.CertificateFile), new("CLUSTERPROXY_KEY", _client.KeyFile),
    ];

    public async Task InitializeAsync()
    {
        Api = await FakeKubernetesApi.StartAsync();
        var agentPort = _agents.Server();
        var frontendPort = _frontends.Server();
        _client = _frontends.Client("cli");
        _server = ProgramProcess.StartBuilt(BuiltProgram.ProxyServer, [
            "--mode=auto", "--agent-identity=claimed", "--agent-bind-address=127.0.0.1", $"--agent-port={_ports[0]}", $"--cluster-cert={agentPort.CertificateFile}",
            $"--cluster-key={agentPort.KeyFile}", $"--cluster-ca-cert={_agents.AuthorityFile}",
            "--server-bind-address=127.0.0.1", $"--server-port={_ports[1]}", $"--server-cert={frontendPort.CertificateFile}",
            $"--server-key={frontendPort.KeyFile}", $"--server-ca-cert={_frontends.AuthorityFile}", $"--frontend-uds-name={Socket}",
            "--health-bind-address=127.0.0.1", $"--health-port={_ports[2]}", $"--admin-port={_ports[3]}",
        ]);
        await _server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_ports[2]}/healthz"));
        var agent = _agents.Client("agent");
        _agent = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, [
            "--proxy-server-host=127.0.0.1", $"--proxy-server-port={_ports[0]}", $"--ca-cert={_agents.AuthorityFile}",
            $"--agent-cert={agent.CertificateFile}", $"--agent-key={agent.KeyFile}", "--health-server-host=127.0.0.1",
            $"--health-server-port={_ports[4]}", $"--admin-server-port={_ports[5]}", "--dial-timeout=2s",
            $"--target-alias=alpha:443=127.0.0.1:{Api.Url.Port}",
        ]);
        await _agent.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_ports[4]}/readyz"));
        await _server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_ports[2]}/readyz"));
    }

    /// <summary>The CLI itself, over TCP unless the arguments name a server.</summary>
    public ProgramProcess Cli(params string[] arguments) =>
        ProgramProcess.StartBuilt(BuiltProgram.Cli, arguments.Contains("--server") ? arguments : [.. arguments, .. Tcp]);

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
        await Api.DisposeAsync();
        _agents.Dispose();
        _frontends.Dispose();
        _directory.Dispose();
    }
}
