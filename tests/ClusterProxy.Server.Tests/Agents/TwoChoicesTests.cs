using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Tests.Kit;
using Xunit.Abstractions;

namespace ClusterProxy.Server.Tests.Agents;

/// <summary>Which of several agents has a dial.</summary>
[Trait("Spec", "7.34")]
public sealed class TwoChoicesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData((int)ProxyStrategy.Default)]
    [InlineData((int)ProxyStrategy.DefaultRoute)]
    [InlineData((int)ProxyStrategy.DestHost)]
    public void TwoAgents_UnequallyLoaded_TheLessLoadedIsPicked(int strategy)
    {
        var registry = new AgentRegistry([(ProxyStrategy)strategy]);
        var (busy, free) = (Create("a"), Create("b"));
        registry.Add(busy);
        registry.Add(free);
        Load(busy, 3);
        Load(free, 2);

        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(free, registry.Pick("h:1", [])));

        Load(free, 2);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(busy, registry.Pick("h:1", [])));
    }

    [Theory]
    [InlineData((int)ProxyStrategy.Default)]
    [InlineData((int)ProxyStrategy.DestHost)]
    public void ManyAgents_AsDialsComeAndStay_AreLoadedAboutEvenly(int strategy)
    {
        const int Agents = 16;
        const int Dials = 1600;
        var registry = new AgentRegistry([(ProxyStrategy)strategy]);
        var tunnels = Enumerable.Range(0, Agents).Select(i => Create($"a{i}")).ToList();
        tunnels.ForEach(registry.Add);

        for (var i = 0; i < Dials; i++)
        {
            Load(registry.Pick("h:1", [])!, 1);
        }

        // One choice would differ by some thirty; two differ by the logarithm of the logarithm.
        Assert.All(tunnels, t => Assert.InRange(t.Load, (Dials / Agents) - 10, (Dials / Agents) + 10));
    }

    [Fact]
    public void OneAgentTwice_NewTunnelHasAnsweredNothing_TheOldOneIsPicked()
    {
        var registry = new AgentRegistry([ProxyStrategy.Default]);
        var answering = Create("a");
        var young = IdleTunnels.Create("a", features: "ping");
        registry.Add(answering);
        registry.Add(young);

        Assert.Same(answering, registry.Pick("x:1", []));
        Assert.Same(young, registry.Pick("x:1", [answering]));
        Assert.Same(young, registry.Pick("x:1", [answering.Drained()]));
    }

    [Fact]
    public void OneAgentTwice_OldTunnelIsSilent_TheNewOneIsPicked()
    {
        var time = new ManualTime();
        var registry = new AgentRegistry([ProxyStrategy.Default]);
        var old = IdleTunnels.Create("a", features: "ping", time: time);
        registry.Add(old);
        time.Advance(TimeSpan.FromSeconds(5));
        var young = IdleTunnels.Create("a", features: "ping", time: time);
        registry.Add(young);

        Assert.Same(young, registry.Pick("x:1", []));
        Assert.Same(old, registry.Pick("x:1", [young]));
    }

    /// <summary>Against a plain statement of what must hold, over random fleets.</summary>
    [Fact]
    public void Pick_RandomFleets_NeverGivesWhatIsWorseThanItMust()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var round = 0; round < 300; round++)
        {
            var strategy = random.Next(3);
            var registry = new AgentRegistry([(ProxyStrategy)strategy]);
            var tunnels = Enumerable.Range(0, random.Next(6)).Select(_ => Create($"a{random.Next(4)}")).ToList();
            foreach (var tunnel in tunnels)
            {
                registry.Add(tunnel);
                Load(tunnel, random.Next(4));
                _ = random.Next(3) == 0 ? tunnel.Drained() : tunnel;
            }

            var gone = tunnels.Where(_ => random.Next(4) == 0).ToList();
            gone.ForEach(registry.Remove);
            var tried = tunnels.Where(_ => random.Next(4) == 0).ToList();
            var left = tunnels.Except(gone).Except(tried).ToList();
            var best = left.Exists(static t => !t.IsDraining) ? left.FindAll(static t => !t.IsDraining) : left;
            var newest = best.GroupBy(static t => t.Agent.Key).Select(static g => g.Last()).ToList();

            var picked = registry.Pick("h:1", tried);

            Assert.Equal(newest.Count == 0, picked is null);
            if (picked is not null)
            {
                Assert.Contains(picked, newest);
                Assert.True(newest.Count == 1 || newest.Exists(t => t != picked && t.Load >= picked.Load), $"round {round}");
            }
        }
    }

    private static AgentTunnel Create(string id) => IdleTunnels.Create(id, "host=h&default-route=true");

    private static void Load(AgentTunnel tunnel, int dials)
    {
        for (var i = 0; i < dials; i++)
        {
            Assert.NotNull(tunnel.TryDial("tcp", "h:1", default));
        }
    }
}
