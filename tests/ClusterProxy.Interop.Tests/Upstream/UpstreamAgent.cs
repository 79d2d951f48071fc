using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Upstream;

/// <summary>A konnectivity agent with mTLS to one server.</summary>
public sealed class UpstreamAgent : IAgentSide
{
    private readonly MetricsPage _metrics;
    private readonly int _healthPort;

    private UpstreamAgent(IServerSide server)
    {
        var ports = FreePorts.Shared.Next(2);
        _healthPort = ports[0];
        _metrics = new MetricsPage(_healthPort);
        var pair = server.Agents.Client("agent");
        Process = ProgramProcess.Start(UpstreamPrograms.Agent,
        [
            "--proxy-server-host=127.0.0.1", $"--proxy-server-port={server.AgentPort}", $"--ca-cert={server.Agents.AuthorityFile}",
            $"--agent-cert={pair.CertificateFile}", $"--agent-key={pair.KeyFile}", "--health-server-host=127.0.0.1",
            $"--health-server-port={_healthPort}", "--admin-bind-address=127.0.0.1", $"--admin-server-port={ports[1]}",
            "--sync-interval=200ms", "--sync-interval-cap=1s", "--v=2",
        ]);
    }

    public ProgramProcess Process { get; }

    /// <summary>Returns when the agent has its tunnel.</summary>
    public static async Task<UpstreamAgent> StartAsync(IServerSide server)
    {
        var agent = new UpstreamAgent(server);
        await agent.Process.WaitForUrlAsync(new Uri($"http://127.0.0.1:{agent._healthPort}/readyz"));
        return agent;
    }

    public Task WaitUntilIdleAsync() => _metrics.WaitForAsync(0, AgentProgram.Prefix + "open_endpoint_connections");

    public void Verify() => UpstreamErrors.Verify(Process);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _metrics.Dispose();
    }
}
