using System.Net;
using System.Text;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>Clusters that are behind a proxy of their own: requests and upgrades take the same way there.</summary>
public sealed class ForwardProxyTests : ForwarderTest
{
    [Theory]
    [InlineData(null)]
    [InlineData("kubernetes.default.svc")]
    public async Task Request_AndUpgrade_GoThroughTheProxy(string? serverName)
    {
        await using var proxy = new ConnectProxy();

        var port = await ForwardAsync(proxy.Url, serverName);

        Assert.All(proxy.Requests.Items, line => Assert.Equal($"CONNECT 127.0.0.1:{port} HTTP/1.1", line));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("kubernetes.default.svc")]
    public async Task Request_AndUpgrade_GoThroughTheSocksProxy(string? serverName)
    {
        await using var proxy = new SocksProxy();

        var port = await ForwardAsync(proxy.Url, serverName);

        Assert.NotEmpty(proxy.Requests.Items);
        Assert.All(proxy.Requests.Items, asked => Assert.Equal($"127.0.0.1:{port}", asked));
    }

    [Fact]
    public async Task SocksProxyThatIsGone_Is503()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        using var gone = new RefusingPort();
        Gateway.AddCluster("alpha", cluster.Port, e => e with { ProxyUrl = new Uri($"socks5://127.0.0.1:{gone.Port}") });
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/version").DefaultTimeout();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("connect", (string?)(await StatusAsync(response))["details"]!["causes"]![0]!["reason"]);
        Assert.Empty(cluster.Requests.Items);
    }

    /// <returns>The cluster's port.</returns>
    private async Task<int> ForwardAsync(Uri proxy, string? serverName)
    {
        await using var cluster = new RawCluster(Gateway.Certificates, serverName is null ? [] : [serverName])
        {
            Answer = static request => request.Values("Upgrade").Any()
                ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhello"
                : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        };
        Gateway.AddCluster("alpha", cluster.Port, e => e with { ProxyUrl = proxy, ServerName = serverName });
        using var client = Gateway.Client();

        Assert.Equal("ok", await client.GetStringAsync("/alpha/version").DefaultTimeout());
        await using var caller = await Gateway.ConnectAsync();
        await caller.WriteAsync(
            "POST /alpha/x HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n"u8.ToArray()).DefaultTimeout();
        var text = "";
        var buffer = new byte[1024];
        while (!text.EndsWith("hello", StringComparison.Ordinal))
        {
            var read = await caller.ReadAsync(buffer).DefaultTimeout();
            Assert.True(read > 0, text);
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        Assert.Equal(["GET", "POST"], cluster.Requests.Items.Select(static r => r.Method));
        return cluster.Port;
    }
}
