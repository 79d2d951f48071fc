using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol.Tests.Fleet;

public sealed class ServerSetTests
{
    private static readonly ServerSet Two =
        new([new("a", "hub-a.example.com", 8091), new("", "2001:db8::1", 8091, "hub.example.com")], 2, "alpha");

    [Fact]
    public void Header_OfASet_ReadsBack()
    {
        Assert.Equal(Two, ServerSet.FromHeader(Two.ToHeader()));
        Assert.Equal(new ServerSet(Two.Servers[..1]), ServerSet.FromHeader(new ServerSet(Two.Servers[..1]).ToHeader()));
        Assert.DoesNotContain("=", Two.ToHeader(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("no base64!")]
    [InlineData("////")]
    public void Header_OfSomethingElse_IsNoSet(string value) => Assert.True(ServerSet.FromHeader(value).IsEmpty);

    [Fact]
    public void Header_OfRandomBytes_NeverThrows()
    {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            ServerSet.FromHeader(Convert.ToBase64String(bytes));
        }
    }

    [Fact]
    public void Message_WithUnusableServers_KeepsTheOthers()
    {
        var list = new ServerList
        {
            Servers =
            {
                new ListedServer { Id = "no host", Port = 1 },
                new ListedServer { Id = "no port", Host = "a" },
                new ListedServer { Id = "port", Host = "a", Port = 65536 },
                new ListedServer { Id = "long", Host = new string('a', 254), Port = 1 },
                new ListedServer { Id = "good", Host = "a", Port = 1 },
                new ListedServer { Id = "good", Host = "a", Port = 1 },
            },
            FanOut = -1,
        };
        Assert.Equal(new ServerSet([new("good", "a", 1)]), ServerSet.From(list));
    }

    [Fact]
    public void Message_WithoutEnd_IsCut()
    {
        var list = new ServerList();
        list.Servers.AddRange(Enumerable.Range(1, 1000).Select(static n => new ListedServer { Id = $"{n}", Host = "a", Port = n }));
        Assert.Equal(ServerSet.MaxServers, ServerSet.From(list).Servers.Length);
    }

    [Theory]
    [InlineData("a", "h", "a", "h:1", "a=h:1")]
    [InlineData("", "::1", "[::1]:1", "[::1]:1", "[::1]:1")]
    public void Server_Texts(string id, string host, string name, string address, string text)
    {
        var server = new FleetServer(id, host, 1);
        Assert.Equal((name, address, text), (server.Name, server.Address, server.ToString()));
    }
}
