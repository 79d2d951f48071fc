using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Upstream;

/// <summary>A konnectivity server. It serves frontends in one mode, over mTLS or over a Unix socket, never both.</summary>
public sealed class UpstreamServer : IServerSide
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Transport _transport;
    private readonly int _frontendPort;
    private readonly ProgramProcess _process;
    private readonly MetricsPage _metrics;
    private readonly int _healthPort;

    private UpstreamServer(Transport transport, string mode)
    {
        _transport = transport;
        var ports = FreePorts.Shared.Next(4);
        (AgentPort, _frontendPort, _healthPort) = (ports[0], ports[1], ports[2]);
        _metrics = new MetricsPage(_healthPort);
        var agents = Agents.Server();
        _process = ProgramProcess.Start(UpstreamPrograms.Server,
        [
            "--agent-bind-address=127.0.0.1", $"--agent-port={AgentPort}", $"--cluster-cert={agents.CertificateFile}",
            $"--cluster-key={agents.KeyFile}", $"--cluster-ca-cert={Agents.AuthorityFile}", $"--mode={mode}",
            "--health-bind-address=127.0.0.1", $"--health-port={_healthPort}", "--admin-bind-address=127.0.0.1", $"--admin-port={ports[3]}",
            "--v=2", .. FrontendFlags(),
        ]);
    }

    public TestCertificates Agents { get; } = new("agents");

    public TestCertificates Frontends { get; } = new("frontends");

    public int AgentPort { get; }

    public int FrontendPort => _transport == Transport.MutualTls ? _frontendPort : throw new InvalidOperationException("it serves a socket");

    public string SocketPath =>
        _transport == Transport.UnixSocket ? _directory.File("f.sock") : throw new InvalidOperationException("it serves a port");

    /// <param name="transport">Of frontends.</param>
    /// <param name="mode">As its flag.</param>
    public static async Task<UpstreamServer> StartAsync(Transport transport, string mode)
    {
        var server = new UpstreamServer(transport, mode);
        await server._process.WaitForUrlAsync(new Uri($"http://127.0.0.1:{server._healthPort}/healthz"));
        return server;
    }

    public async Task<int> PendingDialsAsync() => (int)await _metrics.ValueAsync(ServerProgram.Prefix + "pending_backend_dials");

    public Task WaitUntilIdleAsync() => ServerProgram.WaitUntilIdleAsync(_metrics);

    public void Verify() => UpstreamErrors.Verify(_process);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _metrics.Dispose();
        Agents.Dispose();
        Frontends.Dispose();
        _directory.Dispose();
    }

    private string[] FrontendFlags()
    {
        if (_transport == Transport.UnixSocket)
        {
            return [$"--uds-name={SocketPath}", "--server-port=0"];
        }

        var pair = Frontends.Server();
        return
        [
            "--server-bind-address=127.0.0.1", $"--server-port={_frontendPort}", $"--server-cert={pair.CertificateFile}",
            $"--server-key={pair.KeyFile}", $"--server-ca-cert={Frontends.AuthorityFile}",
        ];
    }
}
