using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Routing;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Agents;

[Trait("Spec", "7.34")]
public sealed class AgentRegistryTests
{
    [Fact]
    public void Default_ManyAgents_PicksEachSometimes()
    {
        var registry = new AgentRegistry([ProxyStrategy.Default]);
        var tunnels = Enumerable.Range(0, 4).Select(i => IdleTunnels.Create($"a{i}")).ToList();
        tunnels.ForEach(registry.Add);

        var picked = Enumerable.Range(0, 400).Select(_ => registry.Pick("x:1", [])).ToHashSet();

        Assert.Equal(tunnels.ToHashSet(), picked!);
    }

    [Fact]
    public void Default_SomeDraining_PicksTheOthersAndFallsBack()
    {
        var registry = new AgentRegistry([ProxyStrategy.Default]);
        var draining = IdleTunnels.Create("a").Drained();
        var ready = IdleTunnels.Create("b");
        registry.Add(draining);
        registry.Add(ready);

        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(ready, registry.Pick("x:1", [])));
        registry.Remove(ready);
        Assert.Same(draining, registry.Pick("x:1", []));
    }

    [Fact]
    public void Default_OneAgentLeavesPingsUnanswered_PicksTheOthersAndFallsBack()
    {
        var time = new ManualTime();
        var registry = new AgentRegistry([ProxyStrategy.Default]);
        var silent = IdleTunnels.Create("a", features: "ping", time: time);
        var upstreams = IdleTunnels.Create("b", time: time);
        registry.Add(silent);
        registry.Add(upstreams);

        Assert.Contains(silent, Enumerable.Range(0, 50).Select(_ => registry.Pick("x:1", [])));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(upstreams, registry.Pick("x:1", [])));
        registry.Remove(upstreams);
        Assert.Same(silent, registry.Pick("x:1", []));
    }

    [Fact]
    public void Default_OneAgentTwice_PicksItsNewestAndCountsOneKey()
    {
        var registry = new AgentRegistry([ProxyStrategy.Default]);
        var old = IdleTunnels.Create("a");
        var young = IdleTunnels.Create("a");
        registry.Add(old);
        registry.Add(young);

        Assert.Same(young, registry.Pick("x:1", []));
        Assert.Equal([(ProxyStrategy.Default, 1)], registry.KeyCounts());
        Assert.Same(old, registry.Pick("x:1", [young]));
        Assert.Null(registry.Pick("x:1", [young, old]));
    }

    [Theory]
    [InlineData("10.0.0.5:10250", "ipv4")]
    [InlineData("10.0.0.5", "ipv4")]
    [InlineData("[fd00::5]:443", "ipv6")]
    [InlineData("fd00::5", "ipv6")]
    [InlineData("node-1:443", "host")]
    [InlineData("[::]:1", "any")]
    [InlineData("::", "any")]
    [InlineData("NODE-1:443", null)]
    [InlineData("fd00:0::5", null)]
    [InlineData("elsewhere:443", null)]
    public void DestHost_Destination_MustEqualAnIdentifier(string address, string? agent)
    {
        var registry = new AgentRegistry([ProxyStrategy.DestHost]);
        registry.Add(IdleTunnels.Create("ipv4", "ipv4=10.0.0.5"));
        registry.Add(IdleTunnels.Create("ipv6", "ipv6=fd00::5"));
        registry.Add(IdleTunnels.Create("host", "host=node-1&host=node-2"));
        registry.Add(IdleTunnels.Create("any", "ipv6=::"));
        registry.Add(IdleTunnels.Create("none"));

        Assert.Equal(agent, registry.Pick(address, [])?.Agent.Id);
        Assert.Equal([(ProxyStrategy.DestHost, 5)], registry.KeyCounts());
    }

    [Fact]
    public void DestHost_HostAnnouncedTwice_FirstAgentWinsWhileItDoesNotDrain()
    {
        var registry = new AgentRegistry([ProxyStrategy.DestHost]);
        var first = IdleTunnels.Create("a", "host=h");
        var second = IdleTunnels.Create("b", "host=h");
        registry.Add(first);
        registry.Add(second);

        Assert.Same(first, registry.Pick("h:1", []));
        first.Drained();
        Assert.Same(second, registry.Pick("h:1", []));
        second.Drained();
        Assert.Same(first, registry.Pick("h:1", []));
    }

    [Fact]
    public void DefaultRoute_OnlyAgentsThatAnnounceIt_ArePicked()
    {
        var registry = new AgentRegistry([ProxyStrategy.DefaultRoute]);
        var route = IdleTunnels.Create("a", "default-route=true");
        registry.Add(IdleTunnels.Create("b", "default-route=false"));
        registry.Add(route);
        registry.Add(IdleTunnels.Create("c"));

        Assert.All(Enumerable.Range(0, 20), _ => Assert.Same(route, registry.Pick("x:1", [])));
        Assert.Equal([(ProxyStrategy.DefaultRoute, 1)], registry.KeyCounts());
    }

    [Fact]
    public void Strategies_InOrder_FirstMatchDecides()
    {
        var registry = new AgentRegistry([ProxyStrategy.DestHost, ProxyStrategy.DefaultRoute, ProxyStrategy.Default]);
        registry.Add(IdleTunnels.Create("plain"));
        Assert.True(registry.CanRoute);
        Assert.Equal("plain", registry.Pick("h:1", [])?.Agent.Id);

        registry.Add(IdleTunnels.Create("route", "default-route=true"));
        Assert.Equal("route", registry.Pick("h:1", [])?.Agent.Id);

        registry.Add(IdleTunnels.Create("host", "host=h"));
        Assert.Equal("host", registry.Pick("h:1", [])?.Agent.Id);
        Assert.Equal("route", registry.Pick("other:1", [])?.Agent.Id);
    }

    [Fact]
    [Trait("Spec", "7.33")]
    public void SameTunnel_AddedTwice_IsThereOnceAndLeavesEmptyTables()
    {
        var registry = new AgentRegistry([ProxyStrategy.DestHost, ProxyStrategy.Default]);
        var first = IdleTunnels.Create("a", "host=h");
        var second = IdleTunnels.Create("a", "host=h");
        var third = IdleTunnels.Create("a", "host=h");
        registry.Add(first);
        registry.Add(first);
        registry.Add(second);
        registry.Add(third);
        Assert.Equal((AgentTunnel[])[first, second, third], [.. registry.Tunnels]);

        registry.Remove(second);
        Assert.Equal((AgentTunnel[])[first, third], [.. registry.Tunnels]);
        registry.Remove(second);
        registry.Remove(third);
        Assert.Same(first, registry.Pick("h:1", []));

        registry.Remove(first);
        Assert.False(registry.CanRoute);
        Assert.Empty(registry.Tunnels);
        Assert.Equal([(ProxyStrategy.DestHost, 0), (ProxyStrategy.Default, 0)], registry.KeyCounts());
    }

    [Theory]
    [InlineData("host:80", "host")]
    [InlineData("host", "host")]
    [InlineData("1.2.3.4:80", "1.2.3.4")]
    [InlineData("[::1]:80", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "::")]
    [InlineData("", "")]
    public void HostOf_Address_LosesItsPort(string address, string host) => Assert.Equal(host, DialAddress.HostOf(address));
}
