namespace ClusterProxy.Client.Tests;

public sealed class TunnelClientOptionsTests
{
    [Theory]
    [InlineData(null, "Address of the proxy server is not set")]
    [InlineData("ftp://proxy", "has the scheme \"ftp\"")]
    [InlineData("http://proxy.example:8090", "unencrypted")]
    [InlineData("https://proxy:8090/path", "write https://proxy:8090")]
    [InlineData("https://user@proxy:8090", "write https://proxy:8090")]
    [InlineData("unix://run/proxy.sock", "three slashes")]
    [InlineData("proxy:8090x/", "scheme")]
    [InlineData("/relative", "is no address")]
    public void Client_BadAddress_SaysWhatToWrite(string? address, string text)
    {
        var options = new TunnelClientOptions { Address = address is null ? null : new Uri(address, address[0] == '/' ? UriKind.Relative : UriKind.RelativeOrAbsolute) };

        var error = Assert.Throws<ArgumentException>(() => new TunnelClient(options));

        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://proxy:8090")]
    [InlineData("https://[fd00::1]:8090/")]
    [InlineData("http://localhost:1")]
    [InlineData("http://[::1]:1")]
    [InlineData("unix:///run/proxy.sock")]
    [InlineData("unix:proxy.sock")]
    public async Task Client_GoodAddress_ConnectsNothingYet(string address)
    {
        await using var client = new TunnelClient(new TunnelClientOptions { Address = new Uri(address) });
    }

    [Fact]
    public void Client_BadValues_AreNamed()
    {
        Check("DialTimeout", o => o.DialTimeout = TimeSpan.Zero);
        Check("ConnectTimeout", o => o.ConnectTimeout = TimeSpan.FromDays(60));
        Check("CloseTimeout", o => o.CloseTimeout = TimeSpan.FromSeconds(-5));
        Check("KeepAliveDelay", o => o.KeepAliveDelay = TimeSpan.FromMilliseconds(10));
        Check("MaxMessageSize", o => o.MaxMessageSize = 0);
        Check("Lanes", o => o.Lanes = -1);
        Check("Lanes", o => o.Lanes = 65);
        Check("Lanes", o => (o.Lanes, o.Transport) = (0, TunnelTransport.Lane));
        Check("Transport", o => o.Transport = (TunnelTransport)9);

        static void Check(string name, Action<TunnelClientOptions> configure)
        {
            var options = new TunnelClientOptions { Address = new Uri("unix:///x") };
            configure(options);
            Assert.StartsWith(name, Assert.Throws<ArgumentException>(() => new TunnelClient(options)).Message, StringComparison.Ordinal);
        }
    }
}
