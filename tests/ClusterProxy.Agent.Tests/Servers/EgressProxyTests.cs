using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class EgressProxyTests
{
    [Theory]
    [InlineData("", "proxy.example", 8091, true)]
    [InlineData("", "localhost", 8091, false)]
    [InlineData("", "127.0.0.1", 8091, false)]
    [InlineData("", "::1", 8091, false)]
    [InlineData("*", "proxy.example", 8091, false)]
    [InlineData("example", "proxy.example", 8091, false)]
    [InlineData("EXAMPLE", "proxy.example", 8091, false)]
    [InlineData(".example", "proxy.example", 8091, false)]
    [InlineData(".example", "example", 8091, true)]
    [InlineData("*.example", "proxy.example", 8091, false)]
    [InlineData("xample", "proxy.example", 8091, true)]
    [InlineData("proxy.example:8091", "proxy.example", 8091, false)]
    [InlineData("proxy.example:443", "proxy.example", 8091, true)]
    [InlineData("10.0.0.0/8, other", "10.1.2.3", 8091, false)]
    [InlineData("10.0.0.0/8", "11.1.2.3", 8091, true)]
    [InlineData("10.1.2.3", "10.1.2.3", 8091, false)]
    [InlineData("fd00::/8", "fd00::1", 8091, false)]
    [InlineData("[fd00::1]:8091", "fd00::1", 8091, false)]
    public void AppliesTo_NoProxy_FollowsGo(string noProxy, string host, int port, bool applies)
    {
        var proxy = EgressProxy.FromEnvironment(n => n switch { "HTTPS_PROXY" => "http://proxy:3128", "NO_PROXY" => noProxy, _ => null });

        Assert.Equal(applies, proxy.AppliesTo(new ServerAddress(host, port)));
    }

    [Theory]
    [InlineData("http://user:p%40ss@proxy:3128", "proxy", 3128, "Basic dXNlcjpwQHNz")]
    [InlineData("proxy:3128", "proxy", 3128, null)]
    [InlineData("http://[fd00::1]:3128/", "fd00::1", 3128, null)]
    public void FromEnvironment_Urls_AreRead(string url, string host, int port, string? authorization)
    {
        var proxy = EgressProxy.FromEnvironment(n => n == "https_proxy" ? url : null);

        Assert.Equal((host, port, authorization), (proxy.Host, proxy.Port, proxy.Authorization));
        Assert.DoesNotContain("p@ss", proxy.ToString());
    }

    [Theory]
    [InlineData("https://proxy:3128")]
    [InlineData("socks5://proxy:1080")]
    [InlineData("http://")]
    public void FromEnvironment_UnusableUrl_SaysSo(string url) =>
        Assert.Throws<FormatException>(() => EgressProxy.FromEnvironment(n => n == "HTTPS_PROXY" ? url : null));
}
