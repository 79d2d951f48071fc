using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>What a frontend gets through the tunnel when all goes well.</summary>
public sealed class TunnelTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.AllModes), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.1")]
    public async Task HttpGet_ThroughTunnel_ReturnsBody(FrontendKind kind, string mode)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Mode = mode });

        var body = await fixture.Http(kind).GetStringAsync(target.Url).DefaultTimeout();

        Assert.Equal(target.Body, body);
        Assert.Equal(1, await fixture.ServerMetrics.ValueAsync("konnectivity_network_proxy_server_dial_duration_seconds_count"));
    }

    [Theory]
    [MemberData(nameof(FrontendCases.AllModes), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.9")]
    public async Task LargeResponse_ThroughTunnel_ArrivesComplete(FrontendKind kind, string mode)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Mode = mode });

        var body = await fixture.Http(kind).GetByteArrayAsync(new Uri(target.Url, "/large")).DefaultTimeout();

        Assert.Equal(HttpTarget.LargeLength, body.Length);
        Assert.Equal(HttpTarget.LargeSha256, SeededBytes.Sha256(body));
    }

    [Theory]
    [MemberData(nameof(FrontendCases.AllModes), MemberType = typeof(FrontendCases))]
    public async Task HalfClose_OfEitherSide_LeavesTheOtherDirectionAlone(FrontendKind kind, string mode)
    {
        var echo = Own(new HalfCloseEchoTarget());
        var fixture = await StartAsync(new() { Mode = mode });
        var sent = SeededBytes.Create(seed: 9, length: 700_000);
        await using var stream = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout();

        Assert.True(stream.CanHalfClose);
        await stream.WriteAsync(sent).DefaultTimeout();
        stream.CompleteWrites();

        var got = new byte[sent.Length];
        await stream.ReadExactlyAsync(got).DefaultTimeout();
        Assert.Equal(sent, got);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        await stream.CloseAsync().DefaultTimeout();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.AllModes), MemberType = typeof(FrontendCases))]
    public async Task HalfClose_OfTheTargetFirst_LeavesTheFrontendItsDirection(FrontendKind kind, string mode)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var fixture = await StartAsync(new() { Mode = mode });
        await using var stream = await fixture.Client(kind).ConnectAsync($"{listener.LocalEndpoint}").DefaultTimeout();
        using var target = await listener.AcceptSocketAsync().DefaultTimeout();
        var sent = SeededBytes.Create(seed: 10, length: 700_000);

        await target.SendAsync("all of mine"u8.ToArray()).DefaultTimeout();
        target.Shutdown(SocketShutdown.Send);
        await stream.ReadExactlyAsync(new byte[11]).DefaultTimeout();
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        var writing = WriteAsync();

        var got = new byte[sent.Length + 1];
        var length = 0;
        while (await target.ReceiveAsync(got.AsMemory(length)).AsTask().DefaultTimeout() is > 0 and var read)
        {
            length += read;
        }

        await writing.DefaultTimeout();
        Assert.Equal(sent, got[..length]);
        await stream.CloseAsync().DefaultTimeout();

        async Task WriteAsync()
        {
            await stream.WriteAsync(sent);
            stream.CompleteWrites();
        }
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.9")]
    public async Task TenConcurrentTransfers_ThroughTunnel_ArriveComplete(FrontendKind kind)
    {
        const int Length = 10 * 1024 * 1024;
        var source = Own(new SourceTarget(Length));
        var fixture = await StartAsync();
        var client = fixture.Client(kind);

        var transfers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            await using var stream = await client.ConnectAsync(source.Address);
            var bytes = new byte[Length];
            await stream.ReadExactlyAsync(bytes);
            return SeededBytes.Sha256(bytes) == source.Sha256 && await stream.ReadAsync(new byte[1]) == 0;
        })).DefaultTimeout();

        Assert.All(transfers, Assert.True);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.17")]
    public async Task HundredConcurrentPosts_OverTwoAgents_GetTheirOwnEcho(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Agents = 2 });
        var client = fixture.Client(kind);

        var echoes = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            // A connection each, so that both agents get some.
            using var http = new HttpClient(new TunnelHttpHandler(client));
            var sent = SeededBytes.Create(seed: i, length: 1000 + (i * 97));
            using var answer = await http.PostAsync(target.Url, new ByteArrayContent(sent));
            var got = await answer.Content.ReadAsByteArrayAsync();
            return sent.AsSpan().SequenceEqual(got);
        })).DefaultTimeout();

        Assert.All(echoes, Assert.True);
        Assert.Equal(100, target.Requests.Value);
        foreach (var agent in Enumerable.Range(0, 2))
        {
            var dials = await fixture.AgentMetrics(agent).ValueAsync("konnectivity_network_proxy_agent_dial_duration_seconds_count");
            Assert.InRange(dials, 1, 99);
        }
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.22")]
    public async Task RawEcho_ReadInSmallPieces_KeepsEveryByteAndClosesClean(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var stream = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout();

        foreach (var text in (string[])["0123456789", "a second, longer chunk", "x"])
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text)).DefaultTimeout();
            var piece = new byte[3];
            var got = new StringBuilder();
            while (got.Length < text.Length)
            {
                var read = await stream.ReadAsync(piece).DefaultTimeout();
                Assert.InRange(read, 1, piece.Length);
                got.Append(Encoding.ASCII.GetString(piece, 0, read));
            }

            Assert.Equal(text, got.ToString());
        }

        // Throws unless the far end acknowledges.
        await stream.CloseAsync().DefaultTimeout();
        await echo.EndedByPeer.WaitForAsync(1).DefaultTimeout();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Upload_DisposedWithItsClientRightBehind_ArrivesComplete(FrontendKind kind)
    {
        var sink = Own(new SinkTarget());
        sink.AllowAll();
        var fixture = await StartAsync();
        var client = fixture.Client(kind);
        var sent = SeededBytes.Create(seed: 12, length: 3_000_000);
        var stream = await client.ConnectAsync(sink.Address).DefaultTimeout();
        await stream.WriteAsync(sent).DefaultTimeout();

        await stream.DisposeAsync().DefaultTimeout();
        await client.DisposeAsync().DefaultTimeout();

        await sink.BytesReceived.WaitForAsync(sent.Length).DefaultTimeout();
        await sink.EndedByPeer.WaitForAsync(1).DefaultTimeout();
        Assert.Equal(SeededBytes.Sha256(sent), sink.Sha256());
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task TargetByName_IsResolvedByAgent(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();

        var body = await fixture.Http(kind).GetStringAsync(new Uri($"http://localhost:{target.Port}/healthz")).DefaultTimeout();

        Assert.Equal("ok", body);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task TargetByIPv6_IsReached(FrontendKind kind)
    {
        var echo = Own(new EchoTarget(IPAddress.IPv6Loopback));
        var fixture = await StartAsync();
        await using var stream = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout();

        await stream.WriteAsync("six"u8.ToArray()).DefaultTimeout();
        var answer = new byte[3];
        await stream.ReadExactlyAsync(answer).DefaultTimeout();

        Assert.Equal("six"u8.ToArray(), answer);
    }
}
