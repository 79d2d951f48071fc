using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Tests.Policy;

public sealed class DialTargetTests
{
    [Theory]
    [InlineData("alpha:443", "alpha", 443, false)]
    [InlineData("1node.example:1", "1node.example", 1, false)]
    [InlineData("10.0.0.1:65535", "10.0.0.1", 65535, true)]
    [InlineData("[2001:db8::1]:80", "2001:db8::1", 80, true)]
    public void Address_OfOneMeaning_IsRead(string text, string host, int port, bool isAddress)
    {
        Assert.True(DialTarget.TryParse(text, out var target));
        Assert.Equal((host, port, isAddress), (target.Host, target.Port, target.Address is not null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("alpha")]
    [InlineData(":443")]
    [InlineData("alpha:")]
    [InlineData("alpha:0")]
    [InlineData("alpha:65536")]
    [InlineData("alpha:0443")]
    [InlineData("alpha:+443")]
    [InlineData("alpha:443 ")]
    [InlineData("alpha:https")]
    [InlineData("alpha:1:2")]
    [InlineData("[alpha]:443")]
    [InlineData("[10.0.0.1]:443")]
    [InlineData("2001:db8::1:80")]
    [InlineData("[2001:DB8::1]:80")]
    [InlineData("[fe80::1%eth0]:80")]
    [InlineData("10.1:80")]
    [InlineData("010.0.0.1:80")]
    [InlineData("0x0a.0.0.1:80")]
    [InlineData("127.0x1:80")]
    [InlineData("2130706433:80")]
    [InlineData("a b:80")]
    [InlineData("alpha\0:80")]
    [InlineData("alpha/x:80")]
    [InlineData("user@alpha:80")]
    [InlineData("alpha.:80")]
    public void Address_OfMoreMeanings_IsNot(string text) => Assert.False(DialTarget.TryParse(text, out _));
}
