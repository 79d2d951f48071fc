namespace ClusterProxy.Protocol.Tests;

public sealed class ServiceProxyHostTests
{
    [Fact]
    public void Host_OfTheTestVector_IsUpstreams() => Assert.Equal(
        "cluster-a140791d2b20a847f2c74c62c384f93fb83691d871e80385.open-cluster-management.proxy", ServiceProxyHost.Of("cluster1"));

    [Fact]
    public void Host_OfALongName_IsADnsName() =>
        Assert.All(ServiceProxyHost.Of(new string('x', 63)).Split('.'), static label => Assert.InRange(label.Length, 1, 63));
}
