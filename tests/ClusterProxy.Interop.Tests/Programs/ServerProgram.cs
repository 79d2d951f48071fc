using ClusterProxy.Interop.Tests.Chains;

namespace ClusterProxy.Interop.Tests.Programs;

/// <summary>A proxy-server process on free ports: mTLS for agents, mTLS and a Unix socket for frontends.</summary>
public sealed class ServerProgram : IServerSide
{
    public const string Prefix = "konnectivity_network_proxy_server_";
    private readonly TemporaryDirectory _directory = new();

    private ServerProgram(IEnumerable<string> more)
    {
        var ports = FreePorts.Shared.Next(4);
        (AgentPort, FrontendPort, HealthPort, AdminPort) = (ports[0], ports[1], ports[2], ports[3]);
        SocketPath = _directory.File("f.sock");
        var agentPair = Agents.Server();
        var frontendPair = Frontends.Server();
        Metrics = new MetricsPage(HealthPort);
        Process = ProgramProcess.StartBuilt(BuiltProgram.ProxyServer, [
            "--agent-bind-address=127.0.0.1", $"--agent-port={AgentPort}", $"--cluster-cert={agentPair.CertificateFile}",
            $"--cluster-key={agentPair.KeyFile}", $"--cluster-ca-cert={Agents.AuthorityFile}",
            "--server-bind-address=127.0.0.1", $"--server-port={FrontendPort}", $"--server-cert={frontendPair.CertificateFile}",
            $"--server-key={frontendPair.KeyFile}", $"--server-ca-cert={Frontends.AuthorityFile}",
            $"--frontend-uds-name={SocketPath}", "--health-bind-address=127.0.0.1", $"--health-port={HealthPort}",
            $"--admin-port={AdminPort}", "--agent-identity=claimed", .. more,
        ]);
    }

    public TestCertificates Agents { get; } = new("agents");

    public TestCertificates Frontends { get; } = new("frontends");

    public int AgentPort { get; }

    public int FrontendPort { get; }

    public int HealthPort { get; }

    public int AdminPort { get; }

    public string SocketPath { get; }

    public ProgramProcess Process { get; }

    public MetricsPage Metrics { get; }

    public static async Task<ServerProgram> StartAsync(params string[] more)
    {
        var server = new ServerProgram(more);
        await server.Process.WaitForLineAsync("serves frontends on");
        return server;
    }

    public Task WaitForMetricAsync(double value, string name, params (string Name, string Value)[] labels) =>
        Metrics.WaitForAsync(value, Prefix + name, labels);

    public async Task<int> PendingDialsAsync() => (int)await Metrics.ValueAsync(Prefix + "pending_backend_dials");

    public Task WaitUntilIdleAsync() => WaitUntilIdleAsync(Metrics);

    /// <summary>Of any server with upstream's metrics.</summary>
    public static async Task WaitUntilIdleAsync(MetricsPage metrics)
    {
        await metrics.WaitForAsync(0, Prefix + "pending_backend_dials");
        await metrics.WaitForAsync(0, Prefix + "established_connections");
        await metrics.WaitForAsync(0, Prefix + "grpc_connections", ("service_method", "Proxy"));
        await metrics.WaitForAsync(0, Prefix + "http_connections");
    }

    public void Verify() => ProgramErrors.Verify(Process);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Metrics.Dispose();
        Agents.Dispose();
        Frontends.Dispose();
        _directory.Dispose();
    }
}
