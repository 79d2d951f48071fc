using ClusterProxy.Interop.Tests.Chains;

namespace ClusterProxy.Interop.Tests.Programs;

/// <summary>A proxy-agent process with mTLS to one server.</summary>
public sealed class AgentProgram : IAgentSide
{
    public const string Prefix = "konnectivity_network_proxy_agent_";

    private AgentProgram(int serverPort, TestCertificates certificates, IEnumerable<string> more)
    {
        var ports = FreePorts.Shared.Next(2);
        HealthPort = ports[0];
        var pair = certificates.Client("agent");
        Metrics = new MetricsPage(HealthPort);
        Process = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, [
            "--proxy-server-host=127.0.0.1", $"--proxy-server-port={serverPort}", $"--ca-cert={certificates.AuthorityFile}",
            $"--agent-cert={pair.CertificateFile}", $"--agent-key={pair.KeyFile}", "--health-server-host=127.0.0.1",
            $"--health-server-port={HealthPort}", $"--admin-server-port={ports[1]}", "--sync-interval=200ms",
            "--sync-interval-cap=1s", "--dial-timeout=1s", .. more,
        ]);
    }

    public int HealthPort { get; }

    public ProgramProcess Process { get; }

    public MetricsPage Metrics { get; }

    /// <summary>Returns when the agent has its tunnel.</summary>
    public static async Task<AgentProgram> StartAsync(int serverPort, TestCertificates certificates, params string[] more)
    {
        var agent = new AgentProgram(serverPort, certificates, more);
        await agent.Process.WaitForUrlAsync(new Uri($"http://127.0.0.1:{agent.HealthPort}/readyz"));
        return agent;
    }

    public Task WaitForMetricAsync(double value, string name, params (string Name, string Value)[] labels) =>
        Metrics.WaitForAsync(value, Prefix + name, labels);

    public async Task WaitUntilIdleAsync()
    {
        await Metrics.WaitForAsync(0, "clusterproxy_agent_pending_dials");
        await WaitForMetricAsync(0, "open_endpoint_connections");
    }

    public void Verify() => ProgramErrors.Verify(Process);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Metrics.Dispose();
    }
}
