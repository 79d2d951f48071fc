using System.Diagnostics;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Fleet;

/// <summary>Three servers that know each other, agents that keep tunnels to two of them, dials at all, and a restart of each.</summary>
internal sealed class FleetRun(FleetSettings settings)
{
    private const int Servers = 3;
    private const int Tunnels = 2;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan NewsInterval = TimeSpan.FromSeconds(5);

    public async Task<FleetFigures> RunAsync(CancellationToken cancellationToken)
    {
        await using var rig = new Rig();
        var servers = Enumerable.Range(0, Servers).Select(i => new HubServer(rig, settings, i)).ToArray();
        await using var agents = new AgentPrograms(rig, yields: false);
        try
        {
            await Task.WhenAll(servers.Select(s => s.StartAsync(servers, cancellationToken)));
            return await RunAsync(servers, agents, rig, cancellationToken);
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task<FleetFigures> RunAsync(HubServer[] servers, AgentPrograms agents, Rig rig, CancellationToken cancellationToken)
    {
        var quarter = settings.Agents / 4;
        var ports = servers.Select(static s => s.AgentPort).ToArray();
        await agents.StartAsync(quarter, ports, cancellationToken);
        await SettleAsync(servers, agents, cancellationToken);
        await Task.Delay(Rest, cancellationToken);
        var before = servers.Sum(static s => s.ReadUse().ResidentBytes);
        var started = Stopwatch.GetTimestamp();
        await agents.StartAsync(settings.Agents - quarter, ports, cancellationToken);
        await SettleAsync(servers, agents, cancellationToken);
        var connected = Stopwatch.GetElapsedTime(started).TotalSeconds * settings.Agents / (settings.Agents - quarter);
        var idle = servers.Sum(static s => s.ReadUse().CpuSeconds);
        await Task.Delay(Rest, cancellationToken);
        idle = (servers.Sum(static s => s.ReadUse().CpuSeconds) - idle) / Rest.TotalSeconds / (Tunnels * settings.Agents);
        var resident = servers.Select(static s => s.ReadUse().ResidentBytes).ToArray();
        var counts = await CountEachAsync(servers, cancellationToken);
        settings.OnProgress($"{settings.Agents} agents: {string.Join(", ", counts.Select(static c => c.Tunnels))} tunnels after {connected:0} s, handshakes admitted {counts.Sum(static c => c.Admitted)}, refused {counts.Sum(static c => c.Refused)}");

        await using var dials = new FleetDials(servers, agents.Clusters, settings.Rate, rig.NextRun());
        await Task.Delay(Rest, cancellationToken);
        var dialled = await CountAsync(servers, cancellationToken);
        dials.TakeLatency();
        await Task.Delay(settings.Window, cancellationToken);
        var calm = dials.TakeLatency();
        var after = await CountAsync(servers, cancellationToken);
        var forwarded = (after.Forwarded - dialled.Forwarded) / (after.Dials - dialled.Dials);
        settings.OnProgress($"{calm.Count} dials, p99 {Milliseconds(calm):0.0} ms, {dials.Failures.Count} failed; now each server is restarted");
        dials.Failures.Report(settings.OnProgress);

        started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Math.Min(settings.Restarts, servers.Length); i++)
        {
            dials.SetInService(i, false);
            await servers[i].RestartAsync(cancellationToken);
            dials.SetInService(i, true);
            settings.OnProgress($"{servers[i].Id} is back, {dials.Failures.Count} dials failed");
            dials.Failures.Report(settings.OnProgress);
            await Task.Delay(settings.Pause, cancellationToken);
        }

        await SettleAsync(servers, agents, cancellationToken);
        dials.Failures.Report(settings.OnProgress);
        var restarted = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var rolling = dials.TakeLatency();
        return new FleetFigures(
            settings.Agents, connected, (resident.Sum() - before) / 1024.0 / (Tunnels * (settings.Agents - quarter)),
            1e6 * idle, resident.Max() / (1024.0 * 1024.0), counts.Max(static c => c.Tunnels) / counts.Average(static c => c.Tunnels), Milliseconds(calm, 0.5), Milliseconds(calm), forwarded,
            restarted, Milliseconds(rolling), rolling.Count, dials.Failures.Count);
    }

    /// <summary>Returns when each agent has tunnels to two servers and every server knows all of them.</summary>
    private async Task SettleAsync(HubServer[] servers, AgentPrograms agents, CancellationToken cancellationToken)
    {
        var expected = Tunnels * agents.Clusters.Count;
        var known = (servers.Length - 1) * expected;
        var told = Stopwatch.GetTimestamp();
        while (await CountEachAsync(servers, cancellationToken) is var counts
            && counts.Aggregate(static (sum, c) => sum + c) is var now
            && (now.Tunnels != expected || now.Leaving > 0 || now.Known != known))
        {
            agents.ThrowIfBroken();
            if (Stopwatch.GetElapsedTime(told) > NewsInterval)
            {
                told = Stopwatch.GetTimestamp();
                settings.OnProgress($"not settled: {string.Join(" + ", counts.Select(static c => c.Tunnels))} of {expected} tunnels, {now.Leaving} leaving, {now.Known} of {known} known, handshakes admitted {now.Admitted}, waiting {now.Waiting}, refused {now.Refused}");
            }

            await Task.Delay(Rest / 10, cancellationToken);
        }
    }

    private static async Task<HubCounts> CountAsync(HubServer[] servers, CancellationToken cancellationToken) =>
        (await CountEachAsync(servers, cancellationToken)).Aggregate(static (sum, c) => sum + c);

    private static Task<HubCounts[]> CountEachAsync(HubServer[] servers, CancellationToken cancellationToken) =>
        Task.WhenAll(servers.Select(s => s.CountAsync(cancellationToken)));

    private static double Milliseconds(LatencyHistogram latency, double fraction = 0.99) => latency.Percentile(fraction)?.TotalMilliseconds ?? double.NaN;
}
