using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class ConnectStepTests
{
    [Fact]
    public void ToTag_EveryStep_HasANameOfItsOwn()
    {
        var tags = Enum.GetValues<ConnectStep>().Select(s => s.ToTag()).ToArray();

        Assert.All(tags, Assert.NotEmpty);
        Assert.Distinct(tags);
    }
}
