using ClusterProxy.Agent.Servers;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class FleetViewTests
{
    private static readonly FleetServer A = new("a", "hub-a", 1);
    private static readonly FleetServer B = new("b", "hub-b", 1);
    private static readonly FleetServer C = new("c", "hub-c", 1);

    [Fact]
    public void Union_OfNone_IsNone() => Assert.True(FleetView.Union([ServerSet.None, ServerSet.None]).IsEmpty);

    [Fact]
    public void Union_OfDifferentSets_HasAll_InOneOrder()
    {
        var union = FleetView.Union([new([C, A], 2, "k"), ServerSet.None, new([B, A], 2, "k")]);

        Assert.Equal(new ServerSet([A, B, C], 2, "k"), union);
    }

    [Fact]
    public void Union_WhenOneSaysMesh_IsMesh() => Assert.Equal(0, FleetView.Union([new([A], 2, "k"), new([A, B])]).FanOut);

    [Theory]
    [InlineData("a b", "")]
    [InlineData("-a", "")]
    [InlineData("a..b", "")]
    [InlineData("::zz", "")]
    [InlineData("[::1]:80", "")]
    [InlineData("a", "b c")]
    public void Union_LeavesOutWhatIsNoHost(string host, string certificateName) =>
        Assert.Equal(new ServerSet([B]), FleetView.Union([new([new("a", host, 1, certificateName), B])]));

    [Fact]
    public void Wanted_Mesh_IsAll() => Assert.Equal<FleetServer>([A, B, C], FleetView.Wanted(new([A, B, C]), static _ => true));

    /// <summary>The order of c1 is c, a, b by the vectors of proto/README.md.</summary>
    [Theory]
    [InlineData("", "ca")]
    [InlineData("b", "ca")]
    [InlineData("c", "cab")]
    [InlineData("a", "cab")]
    [InlineData("ca", "cab")]
    [InlineData("cab", "cab")]
    public void Wanted_FanOut_IsTheFirstOfTheOrder_AndOneMoreForEachThatFails(string failing, string wanted)
    {
        var servers = FleetView.Wanted(new([A, B, C], 2, "c1"), s => failing.Contains(s.Id, StringComparison.Ordinal));

        Assert.Equal(wanted, string.Concat(servers.Select(static s => s.Id)));
    }

    [Fact]
    public void Wanted_OneServerAtTwoAddresses_CountsOnce()
    {
        var moved = C with { Host = "hub-c2" };
        var set = new ServerSet([A, B, C, moved], 2, "c1");

        Assert.Equal<FleetServer>([C, moved, A], FleetView.Wanted(set, s => s == C));
        Assert.Equal(2, FleetView.Count(set));
        Assert.Equal(3, FleetView.Count(set with { FanOut = 0 }));
    }
}
