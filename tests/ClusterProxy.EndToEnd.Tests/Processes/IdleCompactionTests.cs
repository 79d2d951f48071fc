using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Processes;

/// <summary>Both binaries, which have worked by starting and then get nothing to do.</summary>
public sealed class IdleCompactionTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task Programs_QuietAfterTheirStart_CompactTheirMemory_AndServeOn()
    {
        var agentPlane = Own(new TestCertificates("agents"));
        var flags = LoopbackPrograms.Server(agentPlane, Own(new TestCertificates("frontends")));
        var server = Own(LoopbackPrograms.StartServer(Soon(flags)));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz"));
        var healthPort = FreePorts.Shared.Next();
        var agent = Own(LoopbackPrograms.StartAgent(
            Soon(LoopbackPrograms.Agent("program", agentPlane, int.Parse(flags["agent-port"]), healthPort))));

        await server.WaitForLineAsync("memory compacted from");
        await agent.WaitForLineAsync("memory compacted from");

        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/readyz"));
        await agent.WaitForUrlAsync(new Uri($"http://127.0.0.1:{healthPort}/readyz"));
    }

    private static Dictionary<string, string> Soon(Dictionary<string, string> flags)
    {
        flags["compact-memory-after"] = "1s";
        flags["v"] = "5";
        return flags;
    }
}
