using System.Text;

namespace ClusterProxy.Client.Tests.HttpConnect;

public sealed class HttpConnectTests
{
    [Fact]
    [Trait("Spec", "7.10")]
    public async Task Dial_Accepted_NamesTheTargetInTheRequestLine()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();

        var dial = client.ConnectAsync("[fd00::1]:10250");
        var (peer, head) = await server.AcceptAsync();
        await peer.WriteAsync(Encoding.ASCII.GetBytes(ScriptedConnectServer.Established));

        await using var stream = await dial.DefaultTimeout();
        Assert.Equal("CONNECT [fd00::1]:10250 HTTP/1.1\r\nHost: [fd00::1]:10250\r\nclusterproxy-features: half-close,trace\r\n\r\n", head);
        Assert.False(stream.CanHalfClose);
        Assert.Empty(stream.ConnectionId);
        peer.Dispose();
    }

    [Fact]
    public async Task Read_BytesBehindTheHead_AreKeptInOrder()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();
        var (stream, peer) = await server.ConnectAsync(client, ScriptedConnectServer.Established + "early ");
        await peer.WriteAsync("late"u8.ToArray());

        var buffer = new byte[10];
        await stream.ReadExactlyAsync(buffer).DefaultTimeout();

        Assert.Equal("early late", Encoding.ASCII.GetString(buffer));
    }

    [Fact]
    public async Task Dial_HeadInSingleBytes_IsUnderstood()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();
        var dial = client.ConnectAsync("node1:443");
        var (peer, _) = await server.AcceptAsync();

        foreach (var b in Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nVia: 1.1 x\r\n\r\n!"))
        {
            await peer.WriteAsync(new[] { b });
        }

        await using var stream = await dial.DefaultTimeout();
        Assert.Equal(1, await stream.ReadAsync(new byte[4]).DefaultTimeout());
        peer.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\ndial tcp 10.0.0.1:443: connect: connection refused", DialFailureReason.Endpoint, "502 Bad Gateway: dial tcp 10.0.0.1:443: connect: connection refused")]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 55\r\n\r\ncurrently no tunnels available: No agent available\r\n\r\n\r\n", DialFailureReason.Endpoint, "500 Internal Server Error: currently no tunnels available: No agent available")]
    [InlineData("HTTP/1.1 405 Method Not Allowed\r\n\r\nthis proxy only supports CONNECT passthrough", DialFailureReason.Unknown, "405 Method Not Allowed: this proxy only supports CONNECT passthrough")]
    [InlineData("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n", DialFailureReason.Endpoint, "failed: 504 Gateway Timeout")]
    [InlineData("SSH-2.0-OpenSSH_9\r\n\r\n", DialFailureReason.Unknown, "the answer starts with \"SSH-2.0-OpenSSH_9\", which is no HTTP/1 status line")]
    [InlineData("", DialFailureReason.TunnelClosed, "the connection was closed without an answer")]
    [InlineData("HTTP/1.1 200", DialFailureReason.TunnelClosed, "the connection was closed inside the answer's head")]
    public async Task Dial_Refused_ReportsReasonAndText(string answer, DialFailureReason reason, string text)
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:443");

        // Without an answer the request is made once more.
        for (var i = 0; i < (reason == DialFailureReason.TunnelClosed ? 2 : 1); i++)
        {
            var (peer, _) = await server.AcceptAsync();
            await peer.WriteAsync(Encoding.ASCII.GetBytes(answer));
            peer.Dispose();
        }

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(reason, error.Reason);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_WhoseConnectionIsLostBeforeAnAnswer_IsMadeOnceMore()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:443");
        var (lost, head) = await server.AcceptAsync();
        lost.Dispose();
        var (peer, again) = await server.AcceptAsync();
        await peer.WriteAsync(Encoding.ASCII.GetBytes(ScriptedConnectServer.Established));

        await using var stream = await dial.DefaultTimeout();
        Assert.Equal(head, again);
        peer.Dispose();
    }

    [Fact]
    public async Task Dial_EndlessHead_IsRefusedWithBoundedMemory()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:443");
        var (peer, _) = await server.AcceptAsync();
        await peer.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nX: " + new string('x', 20_000)));

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Contains("longer than 16384 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_Cancelled_ClosesTheConnection()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();
        using var cancel = new CancellationTokenSource();

        var dial = client.ConnectAsync("node1:443", cancel.Token);
        var (peer, _) = await server.AcceptAsync();
        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.Context, Assert.IsType<TunnelConnectException>(cancelled.InnerException).Reason);
        Assert.Equal(0, await peer.ReadAsync(new byte[1]).DefaultTimeout());
    }

    [Fact]
    public async Task Close_SendsEverythingThenWaitsForTheOtherEnd()
    {
        using var certificates = new TestCertificates();
        await using var server = new ScriptedConnectServer(certificates.Server());
        await using var client = server.Client(o => o.ServerAuthorities.Add(certificates.Authority.Certificate));
        var (stream, peer) = await server.ConnectAsync(client);
        var content = SeededBytes.Create(5, 500_000);

        await Task.WhenAll(SendAsync(), ReceiveAsync()).DefaultTimeout();

        async Task SendAsync()
        {
            await stream.WriteAsync(content);
            await stream.CloseAsync();
        }

        async Task ReceiveAsync()
        {
            var received = new byte[content.Length];
            await peer.ReadExactlyAsync(received);
            Assert.Equal(0, await peer.ReadAsync(received));
            Assert.False(ReferenceEquals(received, content));
            peer.Dispose();
        }
    }

    [Fact]
    public async Task Close_OtherEndStaysOpen_EndsByTimeoutAndABlockedReadGetsTheEnd()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client(o => o.CloseTimeout = TimeSpan.FromMilliseconds(200));
        var (stream, _) = await server.ConnectAsync(client);
        var read = stream.ReadAsync(new byte[1]).AsTask();

        var error = await Assert.ThrowsAsync<IOException>(() => stream.CloseAsync()).DefaultTimeout();

        Assert.Contains("did not end the connection within 0.2 s", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await read.DefaultTimeout());
    }

    [Fact]
    public async Task ReadTimeout_Works()
    {
        await using var server = new ScriptedConnectServer();
        await using var client = server.Client();
        var (stream, peer) = await server.ConnectAsync(client);
        stream.ReadTimeout = 50;

        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask()).DefaultTimeout();

        await peer.WriteAsync(new byte[1]);
        stream.ReadTimeout = Timeout.Infinite;
        Assert.Equal(1, await stream.ReadAsync(new byte[1]).DefaultTimeout());
    }

    [Fact]
    public async Task Client_Disposed_CutsOpenConnections()
    {
        await using var server = new ScriptedConnectServer();
        var client = server.Client();
        var (_, peer) = await server.ConnectAsync(client);

        await client.DisposeAsync().DefaultTimeout();

        Assert.Equal(0, await peer.ReadAsync(new byte[1]).DefaultTimeout());
    }

    [Fact]
    public async Task Dial_ThroughAUnixSocket_Works()
    {
        using var directory = new TemporaryDirectory();
        await using var server = new ScriptedConnectServer(unixSocket: directory.File("f.sock"));
        await using var client = server.Client();

        var (stream, peer) = await server.ConnectAsync(client, ScriptedConnectServer.Established + "hi");

        Assert.Equal(2, await stream.ReadAsync(new byte[4]).DefaultTimeout());
        peer.Dispose();
        await stream.CloseAsync().DefaultTimeout();
    }
}
