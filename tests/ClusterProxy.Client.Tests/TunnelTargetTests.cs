namespace ClusterProxy.Client.Tests;

public sealed class TunnelTargetTests
{
    [Theory]
    [InlineData("node1:443", "node1", 443)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("[fd00::1]:65535", "fd00::1", 65535)]
    [InlineData("my_host.svc.cluster.local:80", "my_host.svc.cluster.local", 80)]
    public void Parse_Good_ReadsAndWritesTheSame(string text, string host, int port)
    {
        var target = TunnelTarget.Parse(text);

        Assert.Equal((host, port, text), (target.Host, target.Port, target.ToString()));
    }

    [Theory]
    [InlineData("node1")]
    [InlineData(":443")]
    [InlineData("node1:")]
    [InlineData("node1:0")]
    [InlineData("node1:65536")]
    [InlineData("node1:+1")]
    [InlineData("fd00::1:443")]
    [InlineData("[fd00::1]")]
    [InlineData("[node1]:443")]
    [InlineData("no de:1")]
    [InlineData("--flag:1")]
    [InlineData("node1\r\nHost: x:1")]
    [InlineData("node%31:1")]
    [InlineData("tcp://node1:1")]
    public void Parse_Bad_SaysWhatToWrite(string text)
    {
        var error = Assert.Throws<FormatException>(() => TunnelTarget.Parse(text));

        Assert.Contains("write host:port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_BadHostOrPort_Throws()
    {
        Assert.Throws<ArgumentException>(() => new TunnelTarget("a b", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TunnelTarget("a", 0));
        Assert.Equal("[::1]:7", new TunnelTarget("::1", 7).ToString());
    }

    /// <summary>Upstream's own vector, spec/cluster-proxy.md 1.9.</summary>
    [Fact]
    public void ServiceProxy_OfACluster_IsUpstreamsHost() => Assert.Equal(
        "cluster-a140791d2b20a847f2c74c62c384f93fb83691d871e80385.open-cluster-management.proxy:7443", $"{TunnelTarget.ServiceProxy("cluster1")}");
}
