using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class WantedServersTests
{
    [Theory, Trait("Spec", "7.46")]
    [InlineData("Default", 0, null, 1)]
    [InlineData("Default", -3, null, 1)]
    [InlineData("Default", 5, null, 5)]
    [InlineData("Max", 5, null, 5)]
    [InlineData("Default", 5, 3, 3)]
    [InlineData("Default", 3, 5, 5)]
    [InlineData("Default", 5, 0, 1)]
    [InlineData("Max", 5, 3, 5)]
    [InlineData("Max", 3, 5, 5)]
    [InlineData("Max", 5, 0, 5)]
    [InlineData("Max", 0, 0, 1)]
    public void Count_SourceHeadersAndLeases_FollowTheRules(string source, int announced, int? leases, int wanted) =>
        Assert.Equal(wanted, WantedServers.Count(Enum.Parse<ServerCountSource>(source), announced, leases));
}
