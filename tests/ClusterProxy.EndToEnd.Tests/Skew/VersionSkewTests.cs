using ClusterProxy.Client;
using ClusterProxy.Protocol;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Skew;

/// <summary>
/// Peers that lack additions to the wire, as builds of earlier days do: every combination of them works, with what is left, and what
/// both ends have is used.
/// </summary>
public sealed class VersionSkewTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const TunnelFeatureSet All = TunnelFeatures.Agent;

    private static readonly FrontendKind[] _frontends = [FrontendKind.GrpcTls, FrontendKind.ConnectTls, FrontendKind.LaneTls];

    /// <summary>What a server lacks: nothing, each thing alone, everything.</summary>
    public static TheoryData<string> Lacking { get; } = [.. Each(All).Select(TunnelFeatures.Format)];

    /// <summary>The same of one of two servers: the one that frontends dial at, or those that have the agent.</summary>
    public static TheoryData<string, bool> LackingAtOneEnd
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var lacks in Each(All).Skip(1).Select(TunnelFeatures.Format))
            {
                data.Add(lacks, false);
                data.Add(lacks, true);
            }

            return data;
        }
    }

    [Fact]
    public async Task Agents_LackingEveryCombination_AtOneServer_AllWork()
    {
        var targets = Own(new SkewTargets());
        var fixture = await StartAsync(new() { Agents = 0, Server = AnyHost });
        var clients = _frontends.Select(kind => (kind, fixture.Client(kind))).ToArray();
        var combinations = Subsets(All).ToArray();

        foreach (var lacks in combinations)
        {
            await fixture.StartAgentAsync(o => targets.Lead(o, lacks));
        }

        await fixture.WaitForAgentsAsync();
        foreach (var chunk in combinations.Chunk(16))
        {
            await Task.WhenAll(chunk.SelectMany(lacks => clients.Select(c => targets.TryAsync(c.Item2, c.kind, lacks, canHalfClose: CanHalfClose(lacks)))))
                .DefaultTimeout();
        }

        await fixture.ShouldBecomeIdleAsync();
    }

    [Theory]
    [MemberData(nameof(Lacking))]
    public async Task Server_LackingSomething_WorksWithAgentsAndFrontendsOfAllKinds(string lacking)
    {
        var lacks = TunnelFeatures.Parse(lacking);
        var targets = Own(new SkewTargets());
        var fixture = await StartAsync(new() { Agents = 0, Server = o => AnyHost(o) with { WithoutFeatures = lacks } });

        // The rest of what there is beside the same, so that this side and that lack different things.
        TunnelFeatureSet[] agents = [TunnelFeatureSet.None, All & ~lacks, All];
        foreach (var agent in agents.Distinct())
        {
            await fixture.StartAgentAsync(o => targets.Lead(o, agent));
        }

        await fixture.WaitForAgentsAsync();
        foreach (var frontendLacks in Each(TunnelFeatures.Frontend))
        {
            foreach (var kind in _frontends.Where(kind => !FrontendCases.IsLane(kind) || CanLane(lacks)))
            {
                var client = fixture.Client(kind, o => o.WithoutFeatures = FrontendCases.IsLane(kind) ? TunnelFeatureSet.None : frontendLacks);
                await Task.WhenAll(agents.Distinct().Select(agent => targets.TryAsync(
                    client, kind, agent,
                    canHalfClose: CanHalfClose(agent) && CanHalfClose(lacks) &&
                        (CanHalfClose(frontendLacks) || kind != FrontendKind.GrpcTls)))).DefaultTimeout();
            }
        }

        await fixture.ShouldBecomeIdleAsync();
    }

    [Fact]
    public async Task Servers_LackingEveryCombination_AllWorkWithAnAgentThatLacksNothing() => await Parallel.ForEachAsync(
        Subsets(All), new ParallelOptions { MaxDegreeOfParallelism = 4 }, static async (lacks, _) =>
        {
            await using var targets = new SkewTargets();
            await using var fixture = await TunnelFixture.StartAsync(new() { Agents = 0, Server = o => AnyHost(o) with { WithoutFeatures = lacks } });
            await fixture.StartAgentAsync(o => targets.Lead(o, TunnelFeatureSet.None));
            await fixture.WaitForAgentsAsync();
            await Task.WhenAll(_frontends.Where(kind => !FrontendCases.IsLane(kind) || CanLane(lacks)).Select(
                kind => targets.TryAsync(fixture.Client(kind), kind, TunnelFeatureSet.None, CanHalfClose(lacks)))).DefaultTimeout();
        });

    [Theory]
    [MemberData(nameof(LackingAtOneEnd))]
    public async Task Servers_LackingDifferentThings_ForwardToEachOther(string lacking, bool ofTheOwners)
    {
        var lacks = TunnelFeatures.Parse(lacking);
        var targets = Own(new SkewTargets());
        var fleet = Own(await FleetFixture.StartAsync(configure: (o, i) => (i > 0) == ofTheOwners ? o with { WithoutFeatures = lacks } : o));
        await fleet.StartAgentAsync("skewed", first: 1, second: 2, o => targets.Lead(o, TunnelFeatureSet.None));

        foreach (var kind in _frontends.Where(kind => !FrontendCases.IsLane(kind) || ofTheOwners || CanLane(lacks)))
        {
            await targets.TryAsync(fleet.Client(kind, 0), kind, TunnelFeatureSet.None, CanHalfClose(lacks), $", {(ofTheOwners ? "owners" : "first server")} without \"{lacking}\"")
                .DefaultTimeout();
        }

        Assert.True(fleet.Metric(0, "forwarded_dials_total", ("result", "connected")) > 0);
    }

    /// <summary>A server that lacks everything is as upstream's, which has no word for it.</summary>
    [Theory]
    [MemberData(nameof(Lacking))]
    public async Task Tunnel_Lost_IsNoEnd_WhateverTheServerLacks(string lacking)
    {
        var lacks = TunnelFeatures.Parse(lacking);
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Server = o => o with { WithoutFeatures = lacks } });
        foreach (var kind in (FrontendKind[])[FrontendKind.GrpcTls, FrontendKind.LaneTls])
        {
            if (lacks == All || (FrontendCases.IsLane(kind) && !CanLane(lacks)))
            {
                continue;
            }

            await fixture.WaitForAgentsAsync();
            await using var stream = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout();
            var read = stream.ReadAsync(new byte[1]).AsTask();
            fixture.Relay.Cut();
            await Assert.ThrowsAnyAsync<IOException>(() => read.DefaultTimeout());
        }
    }

    [Fact]
    public async Task Frontend_OfAServerThatTakesNoLanes_DialsWithoutThem()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Server = static o => o with { WithoutFeatures = TunnelFeatureSet.Credit } });
        var client = fixture.Client(FrontendKind.GrpcTls, static o => o.Lanes = 2);

        for (var i = 0; i < 3; i++)
        {
            await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        }

        Assert.Equal(0, fixture.Server.Frontends.LaneCount);
        var refused = await Assert.ThrowsAsync<TunnelConnectException>(
            () => fixture.Client(FrontendKind.LaneTls).ConnectAsync(echo.Address).DefaultTimeout());
        Assert.Contains("lane", refused.Message, StringComparison.Ordinal);
    }

    private static ServerOptions AnyHost(ServerOptions options) => options with { ProxyStrategies = [ProxyStrategy.DestHost] };

    private static bool CanHalfClose(TunnelFeatureSet lacks) => !lacks.HasFlag(TunnelFeatureSet.HalfClose);

    private static bool CanLane(TunnelFeatureSet lacks) => (lacks & (TunnelFeatures.LeastOfLane | TunnelFeatureSet.Lanes)) == TunnelFeatureSet.None;

    private static IEnumerable<TunnelFeatureSet> Each(TunnelFeatureSet of) =>
        [TunnelFeatureSet.None, .. Enum.GetValues<TunnelFeatureSet>().Where(f => f != TunnelFeatureSet.None && of.HasFlag(f)), of];

    private static IEnumerable<TunnelFeatureSet> Subsets(TunnelFeatureSet of)
    {
        for (var set = of; set != TunnelFeatureSet.None; set = (set - 1) & of)
        {
            yield return set;
        }

        yield return TunnelFeatureSet.None;
    }
}
