using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Peers;
using Xunit.Abstractions;

namespace ClusterProxy.Server.Tests.Peers;

public sealed class OwnershipTests(ITestOutputHelper output)
{
    private static readonly HashSet<string> Alpha = ["alpha"];

    [Fact]
    public async Task Maps_AfterRandomChangesLossesAndLostLanes_AreTheTruth()
    {
        var random = SeededRandom.Create(output.WriteLine);
        var servers = Enumerable.Range(0, 3).Select(static _ => new OwnedTunnels()).ToArray();
        var truths = servers.Select(static _ => new Dictionary<object, string>(ReferenceEqualityComparer.Instance)).ToArray();
        var told = servers.SelectMany(static s => new[] { new ToldServer(s), new ToldServer(s) }).ToArray();
        for (var step = 0; step < 3_000; step++)
        {
            var which = random.Next(servers.Length);
            for (var changes = random.Next(500) == 0 ? 5_000 : 1; changes > 0; changes--)
            {
                Change(random, servers[which], truths[which]);
            }

            var i = random.Next(told.Length);
            switch (random.Next(8))
            {
                case 0:
                    await told[i].CatchUpAsync();
                    Assert.Equal(Sorted(truths[i / 2].Values), Told(told[i].Tunnels));
                    break;
                case 1 or 2 when told[i].IsBehind:
                    await told[i].TakeAsync(times: random.Next(1, 3));
                    break;
                case 3 when told[i].IsBehind:
                    await told[i].LoseAsync();
                    break;
                case 4 when random.Next(10) == 0:
                    await told[i].DisposeAsync();
                    told[i] = new ToldServer(servers[i / 2]);
                    break;
            }
        }

        for (var i = 0; i < told.Length; i++)
        {
            await told[i].CatchUpAsync();
            Assert.Equal(Sorted(truths[i / 2].Values), Told(told[i].Tunnels));
            Assert.Equal(truths[i / 2].Count, servers[i / 2].Count);
            await told[i].DisposeAsync();
        }
    }

    [Fact]
    public void Update_ThatDoesNotFollow_AsksForAll_AndLeavesWhatIsKnown()
    {
        var owned = new OwnedTunnels();
        owned.Add(new object(), Agent("a", "host=one"));
        var map = new PeerTunnels();
        Assert.Equal(owned.Version, map.Apply(Assert.Single(owned.Since(0))));

        Assert.Equal(0, map.Apply(new Ownership { Since = owned.Version + 1, Version = owned.Version + 2, Gone = { 1 } }));

        Assert.True(map.Match([ProxyStrategy.DestHost], "one", null).IsAny);
        Assert.Equal(0, map.Apply(new Ownership { Since = owned.Version, Version = owned.Version + 1 }));
        Assert.Equal(owned.Version, map.Apply(Assert.Single(owned.Since(0))));
    }

    [Fact]
    public void Snapshot_InParts_CountsWhenItIsWhole()
    {
        var owned = new OwnedTunnels();
        for (var i = 0; i < 300; i++)
        {
            owned.Add(new object(), Agent($"a{i}", $"host=h{i}"));
        }

        var map = new PeerTunnels();
        var parts = owned.Since(0);

        Assert.InRange(parts.Count, 2, 100);
        foreach (var part in parts)
        {
            Assert.Equal((0, false), (map.Count, map.IsWhole));
            Assert.Equal(owned.Version, map.Apply(part));
        }

        Assert.Equal((300, true), (map.Count, map.IsWhole));
    }

    [Fact]
    public void Map_ThatIsFull_KeepsWhatItHas_AndCounts()
    {
        var map = new PeerTunnels(capacity: 2);

        map.Apply(new Ownership { Version = 5, There = { Tunnel(1, "a"), Tunnel(2, "b"), Tunnel(3, "c"), Tunnel(1, "d") } });

        Assert.Equal((2, 1), (map.Count, map.Overflow));
        Assert.True(map.Match([ProxyStrategy.DestHost], "d", null).IsAny);
        Assert.False(map.Match([ProxyStrategy.DestHost], "a", null).IsAny);
        Assert.False(map.Match([ProxyStrategy.DestHost], "c", null).IsAny);
    }

    [Fact]
    public void Match_GoesByStrategy_Cluster_AndDraining()
    {
        var map = new PeerTunnels();
        map.Apply(new Ownership
        {
            Version = 5,
            There =
            {
                Tunnel(1, "one", cluster: "alpha"), Tunnel(2, "two", cluster: "beta", draining: true), Tunnel(3, "three", isDefaultRoute: true),
            },
        });
        ProxyStrategy[] both = [ProxyStrategy.DestHost, ProxyStrategy.DefaultRoute];

        Assert.Equal(new TunnelMatch(0, IsReady: true), map.Match(both, "one", null));
        Assert.Equal(new TunnelMatch(0, IsReady: false), map.Match(both, "two", null));
        Assert.Equal(new TunnelMatch(1, IsReady: true), map.Match(both, "elsewhere", null));
        Assert.Equal(new TunnelMatch(1, IsReady: true), map.Match(both, "two", Alpha));
        Assert.False(map.Match([ProxyStrategy.DestHost], "two", Alpha).IsAny);
        Assert.Equal(new TunnelMatch(0, IsReady: true), map.Match([ProxyStrategy.Default], "any", Alpha));
        Assert.Equal(new TunnelMatch(0, IsReady: true), map.Match([ProxyStrategy.Default], "any", null));
        Assert.False(new PeerTunnels().Match([ProxyStrategy.Default], "any", null).IsAny);
    }

    private static void Change(SeededRandom random, OwnedTunnels owned, Dictionary<object, string> truth)
    {
        var some = truth.Count == 0 ? null : truth.Keys.ElementAt(random.Next(truth.Count));
        switch (random.Next(truth.Count < 400 ? 6 : 3))
        {
            case 0 or 1 when some is not null:
                owned.Remove(some);
                truth.Remove(some);
                break;
            case 2 when some is not null:
                var draining = random.Next(2) == 0;
                owned.SetDraining(some, draining);
                truth[some] = truth[some].TrimEnd('!') + (draining ? "!" : "");
                break;
            default:
                var tunnel = new object();
                var id = $"agent-{random.Next(50)}";
                owned.Add(tunnel, Agent(id, $"host={id}.{random.Next(5)}"));
                owned.Add(tunnel, Agent("again", ""));
                truth[tunnel] = id;
                break;
        }
    }

    private static AgentIdentity Agent(string id, string identifiers)
    {
        Assert.True(AgentIdentifiers.TryParse(identifiers, out var parsed, out _));
        return new AgentIdentity(id, parsed, Peer: "test");
    }

    private static OwnedTunnel Tunnel(
        long number, string host, string cluster = "", bool draining = false, bool isDefaultRoute = false) =>
        new() { Number = number, Agent = $"agent-{number}", Cluster = cluster, Destinations = { host }, Draining = draining, DefaultRoute = isDefaultRoute };

    private static List<string> Told(PeerTunnels tunnels) => Sorted(tunnels.Tunnels.Select(static t => t.Agent + (t.Draining ? "!" : "")));

    private static List<string> Sorted(IEnumerable<string> texts) => [.. texts.Order(StringComparer.Ordinal)];
}
