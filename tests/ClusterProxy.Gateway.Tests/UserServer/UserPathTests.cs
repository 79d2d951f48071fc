using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.UserServer;

namespace ClusterProxy.Gateway.Tests.UserServer;

public sealed class UserPathTests
{
    [Theory]
    [InlineData("/alpha/", "/")]
    [InlineData("/alpha/api/v1/pods?watch=1", "/api/v1/pods?watch=1")]
    [InlineData("/alpha/api/v1/a%2Fb//c?x=/y", "/api/v1/a%2Fb//c?x=/y")]
    [InlineData("/alpha/api/v1/namespaces/n/services/https:s:1/proxy/p", "/api/v1/namespaces/n/services/https:s:1/proxy/p")]
    [InlineData("/alpha/api/v1/namespaces/n/services/https:s:1/proxy-service", "/api/v1/namespaces/n/services/https:s:1/proxy-service")]
    [InlineData("/alpha/api/v1/namespaces/n/services/s:1/proxy%2Dservice/p", "/api/v1/namespaces/n/services/s:1/proxy%2Dservice/p")]
    [InlineData("/alpha/api/v1/x?/namespaces/n/services/s:1/proxy-service/", "/api/v1/x?/namespaces/n/services/s:1/proxy-service/")]
    public void ApiServerPath_GoesOnByteForByte(string raw, string expected)
    {
        var path = Parse(raw);

        Assert.Equal(("alpha", expected, null), (path.Cluster, path.Target.ToString(), path.Service));
    }

    [Theory]
    [InlineData("https:web:8443", "https", "web", 8443)]
    [InlineData("http:web:80", "http", "web", 80)]
    [InlineData("web:80", "https", "web", 80)]
    [InlineData(":web:80", "https", "web", 80)]
    public void ServicePath_NamesTheService(string text, string scheme, string name, int port)
    {
        var path = Parse($"/eu-1.prod/api/v1/namespaces/shop/services/{text}/proxy-service/a%2Fb/../c?d=e");

        Assert.Equal(("eu-1.prod", "/a%2Fb/../c?d=e"), (path.Cluster, path.Target.ToString()));
        Assert.Equal(new ServiceReference(scheme, "shop", name, port), path.Service);
    }

    [Fact]
    public void ServicePath_EndsWithTheMark_IsTheServicesRoot() =>
        Assert.Equal("/", Parse("/alpha/api/v1/namespaces/n/services/s:1/proxy-service/").Target.ToString());

    [Theory]
    [InlineData("/alpha")]
    [InlineData("//alpha/x")]
    [InlineData("/Alpha/x")]
    [InlineData("/al%70ha/x")]
    [InlineData("/../x")]
    [InlineData("/alpha./x")]
    [InlineData("/alpha/api/v1/namespaces/n/services/s/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/s:http/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/s:0/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/s:65536/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/ftp:s:1/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/https:s:1:2/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/KUBERNETES:443/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n.x/services/s:1/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/%6e/services/s:1/proxy-service/")]
    [InlineData("/alpha/api/v1/namespaces/n/services/s%3A1/proxy-service/")]
    public void WhatIsNoPlainTarget_IsRefused(string raw)
    {
        Assert.Null(UserPath.Parse(RequestTarget.Split(raw), out var problem));
        Assert.NotEmpty(problem);
    }

    private static UserPath Parse(string raw)
    {
        var path = UserPath.Parse(RequestTarget.Split(raw), out var problem);
        Assert.Equal("", problem);
        return path!;
    }
}
