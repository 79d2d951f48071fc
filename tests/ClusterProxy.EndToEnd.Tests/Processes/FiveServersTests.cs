using System.Diagnostics;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Processes;

/// <summary>The agent's program with no flag on intervals reaches each of five servers. How soon is printed; by a clock it is tested elsewhere.</summary>
public sealed class FiveServersTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task Agent_WithoutAFlagOnIntervals_HasAllFive()
    {
        var cluster = Own(await AnnouncedServers.StartAsync(count: 5, fanOut: 0));
        var flags = LoopbackPrograms.Agent("five", cluster.AgentPlane, cluster.Balancer.Port, FreePorts.Shared.Next());
        foreach (var flag in (string[])["sync-interval", "sync-interval-cap", "probe-interval"])
        {
            flags.Remove(flag);
        }

        var started = Stopwatch.GetTimestamp();
        await using var agent = LoopbackPrograms.StartAgent(flags);
        await WaitForTunnelsAsync(cluster, count: 1);
        Output.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s after its start, with the start of the runtime");

        agent.Signal(ProgramSignal.Kill);
        await WaitForTunnelsAsync(cluster, count: 0);
    }

    /// <summary>At each server.</summary>
    private static Task<string> WaitForTunnelsAsync(ServerCluster cluster, int count) => Eventually.ObserveAsync(
        () => Task.FromResult(string.Join(' ', cluster.Servers.Values.Select(static s => s.Agents.Tunnels.Length))),
        tunnels => tunnels == string.Join(' ', cluster.Servers.Select(_ => count)));
}
