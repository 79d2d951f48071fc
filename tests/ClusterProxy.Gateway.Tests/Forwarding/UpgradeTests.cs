using System.Text;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>exec, attach and port-forward: the protocol changes, and the method is the caller's.</summary>
public sealed class UpgradeTests : ForwarderTest
{
    private const string Spdy =
        "POST /alpha/api/v1/namespaces/d/pods/p/exec?command=a&command=b HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
        + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\nX-Stream-Protocol-Version: v3.channel.k8s.io\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task Spdy_KeepsItsMethod_AndCarriesBytesBothWays()
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
                + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\nSet-Cookie: a=b\r\n\r\n",
        };
        Gateway.AddCluster("alpha", cluster.Port);
        await using var caller = await Gateway.ConnectAsync();

        await caller.WriteAsync(Encoding.Latin1.GetBytes(Spdy)).DefaultTimeout();
        var head = await ReadUntilAsync(caller, "\r\n\r\n");
        await caller.WriteAsync("\x80\x03hello"u8.ToArray()).DefaultTimeout();
        var echo = await ReadUntilAsync(caller, "hello");

        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("Upgrade: SPDY/3.1", head, StringComparison.Ordinal);
        Assert.Contains("X-Stream-Protocol-Version: v4.channel.k8s.io", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-Cookie", head, StringComparison.Ordinal);
        Assert.EndsWith("hello", echo, StringComparison.Ordinal);
        var request = Assert.Single(cluster.Requests.Items);
        Assert.Equal("POST /api/v1/namespaces/d/pods/p/exec?command=a&command=b HTTP/1.1", request.Line);
        Assert.Equal(["SPDY/3.1"], request.Values("Upgrade"));
        Assert.Equal("v4.channel.k8s.io, v3.channel.k8s.io", string.Join(", ", request.Values("X-Stream-Protocol-Version")));
        Assert.Equal([$"Bearer {ForwarderFixture.Token}"], request.Values("Authorization"));
    }

    [Fact]
    public async Task WebSocket_LosesTheCallersToken_AndCarriesBytesBothWays()
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
        };
        Gateway.AddCluster("alpha", cluster.Port);
        await using var caller = await Gateway.ConnectAsync();

        await caller.WriteAsync(
            "GET /alpha/api/v1/namespaces/d/pods/p/exec HTTP/1.1\r\nHost: g\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.c2VjcmV0, v5.channel.k8s.io\r\n\r\n"u8.ToArray()).DefaultTimeout();
        var head = await ReadUntilAsync(caller, "\r\n\r\n");
        await caller.WriteAsync("frames"u8.ToArray()).DefaultTimeout();

        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head, StringComparison.Ordinal);
        Assert.Equal("frames", await ReadUntilAsync(caller, "frames"));
        var request = Assert.Single(cluster.Requests.Items);
        Assert.Equal("GET", request.Method);
        Assert.Equal(["v5.channel.k8s.io"], request.Values("Sec-WebSocket-Protocol"));
        Assert.Equal(["dGhlIHNhbXBsZSBub25jZQ=="], request.Values("Sec-WebSocket-Key"));
    }

    [Fact]
    public async Task Upgrade_ThatTheClusterRefuses_IsAnsweredWithItsRefusal()
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static _ => "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        };
        Gateway.AddCluster("alpha", cluster.Port);
        await using var caller = await Gateway.ConnectAsync();

        await caller.WriteAsync(Encoding.Latin1.GetBytes(Spdy)).DefaultTimeout();

        Assert.StartsWith("HTTP/1.1 403 ", await ReadUntilAsync(caller, "{}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SwitchOfProtocols_ThatNobodyAskedFor_IsNotPassedOn()
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n",
        };
        Gateway.AddCluster("alpha", cluster.Port);

        var answer = await Gateway.ExchangeAsync("GET /alpha/x HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
    }

    private static async Task<string> ReadUntilAsync(Stream stream, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer).DefaultTimeout();
            Assert.True(read > 0, $"closed after: {text}");
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
