using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Frontend;

public sealed class ConnectTunnelTests
{
    private static Task<TestServer> StartAsync(bool tcp = false) =>
        TestServer.StartAsync(o => o with { Mode = FrontendMode.HttpConnect }, tcp: tcp);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "7.10")]
    public async Task Connect_TargetFromRequestLine_Answers200AndNoByteMore(bool tcp)
    {
        await using var server = await StartAsync(tcp);
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();

        await client.SendAsync(RawHttp.Connect);
        var dial = await agent.AcceptAsync(1);
        Assert.Equal("target:1", dial.Address);
        Assert.Equal("tcp", dial.Protocol);
        Assert.Equal(RawHttp.Established, await client.ReadTextAsync(RawHttp.Established.Length));

        await client.SendAsync("ping");
        Assert.Equal("ping"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);
        await agent.SendDataAsync(1, "pong"u8.ToArray());
        Assert.Equal("pong", await client.ReadTextAsync(4));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_TargetEnds_ClientGetsAllBytesThenTheEnd(bool tcp)
    {
        await using var server = await StartAsync(tcp);
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(1);
        await client.ReadTextAsync(RawHttp.Established.Length);

        await agent.SendDataAsync(1, new byte[200_000]);
        await agent.SendAsync(PacketFactory.CloseResponse(1));

        Assert.Equal(200_000, (await client.ReadToEndAsync()).Length);
        await server.ShouldBecomeEmptyAsync();
    }

    [Fact]
    public async Task Connect_BuffersFull_Answers503WithTheReason()
    {
        await using var server = await TestServer.StartAsync(o => o with { Mode = FrontendMode.HttpConnect, BufferBudget = 0 });
        await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();

        await client.SendAsync(RawHttp.Connect);

        var refusal = await client.ReadRefusalAsync();
        Assert.StartsWith("HTTP/1.1 503 ", refusal.StatusLine, StringComparison.Ordinal);
        Assert.Contains("buffers are full", refusal.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_ServerSpeaksFirst_ItsBytesFollowThe200()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var dial = await agent.TakeDialAsync();

        PacketCodec.Write(agent.Call.Output, PacketFactory.DialResponse(dial.Random, 1));
        await agent.SendDataAsync(1, "220 hello"u8.ToArray());

        Assert.Equal(RawHttp.Established + "220 hello", await client.ReadTextAsync(RawHttp.Established.Length + 9));
    }

    [Fact]
    public async Task Connect_EarlyBytes_ReachTheTarget()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect + "early");
        var dial = await agent.TakeDialAsync();
        await client.SendAsync("-later");
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, 1));

        var heard = "";
        while (heard.Length < "early-later".Length)
        {
            heard += System.Text.Encoding.ASCII.GetString((await agent.HearAsync(PacketType.Data)).Payload);
        }

        Assert.Equal("early-later", heard);
    }

    [Fact]
    public async Task Connect_ClientEnds_ClosesAndStillGetsLateBytes()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        await using var client = (System.Net.Sockets.NetworkStream)await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(1);
        await client.ReadTextAsync(RawHttp.Established.Length);

        await client.SendAsync("last");
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.Equal("last"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);
        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendDataAsync(1, "late"u8.ToArray());
        await agent.SendAsync(PacketFactory.CloseResponse(1));

        Assert.Equal("late", await client.ReadToEndAsync());
        await server.ShouldBecomeEmptyAsync();
        Assert.Equal(1, server.Metric("clusterproxy_server_connection_closes_total").Value(("reason", "frontend_closed")));
    }

    [Fact]
    public async Task Connect_ClientLeavesWhileDialing_CancelsTheDial()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var dial = await agent.TakeDialAsync();

        await client.DisposeAsync();

        Assert.Equal(dial.Random, (await agent.HearAsync(PacketType.DialCls)).Message!.CloseDial.Random);
        await server.ShouldBecomeEmptyAsync();
        Assert.Equal(1, server.DialFailures("frontend_close"));
    }

    [Fact]
    public async Task Connect_ClientLeavesWhileOpen_ClosesTheConnection()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(1);
        await client.ReadTextAsync(RawHttp.Established.Length);

        await client.DisposeAsync();

        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await server.ShouldBecomeEmptyAsync();
    }

    [Fact]
    public async Task Connect_NoAgent_Answers500AndIsNotCounted()
    {
        await using var server = await StartAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);

        var result = await client.ReadRefusalAsync();

        Assert.Equal("HTTP/1.1 500 Internal Server Error", result.StatusLine);
        Assert.Equal("currently no tunnels available: No agent available", result.Body);
        Assert.Equal(0, server.DialFailures("no_agent"));
    }

    [Theory]
    [InlineData("dial tcp: lookup x on 10.0.0.10:53: no such host", 502)]
    [InlineData("dial tcp 127.0.0.1:1: connect: connection refused", 502)]
    [InlineData("dial tcp 10.0.0.1:1: i/o TIMEOUT", 504)]
    [InlineData("context deadline exceeded", 504)]
    [InlineData("socket: too many open files", 503)]
    [InlineData("whatever", 502)]
    [Trait("Spec", "7.11")]
    [Trait("Spec", "7.12")]
    public async Task Connect_DialRefused_MapsTheAgentsText(string error, int status)
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var dial = await agent.TakeDialAsync();
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, error));

        var result = await client.ReadRefusalAsync();

        Assert.Equal(status, result.Status);
        Assert.Equal(error, result.Body);
        Assert.Contains("Content-Type: text/plain; charset=utf-8", result.Head, StringComparison.Ordinal);
        Assert.Contains("Connection: close", result.Head, StringComparison.Ordinal);
        Assert.Equal(1, server.DialFailures("error_response"));
    }

    [Fact]
    public async Task Connect_AgentClosesTheDial_EndsWithoutAnswer()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var dial = await agent.TakeDialAsync();

        await agent.SendAsync(PacketFactory.CloseDial(dial.Random));

        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(1, server.DialFailures("backend_close"));
    }

    [Fact]
    public async Task Connect_OnlyAgentLost_Answers502()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.TakeDialAsync();

        await agent.DisposeAsync();

        var result = await client.ReadRefusalAsync();
        Assert.Equal(502, result.Status);
        Assert.StartsWith("Backend context error: ", result.Body, StringComparison.Ordinal);
        Assert.Equal(1, server.DialFailures("backend_close"));
    }

    [Fact]
    public async Task Connect_NoAnswerInTime_Answers504()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            Mode = FrontendMode.HttpConnect,
            BackendDialTimeout = TimeSpan.FromMilliseconds(50),
        });
        var agent = await server.ConnectAgentAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var dial = await agent.TakeDialAsync();

        var result = await client.ReadRefusalAsync();

        Assert.Equal(504, result.Status);
        Assert.Equal("Backend dial timeout: timed out waiting for backend dial", result.Body);
        Assert.Equal(dial.Random, (await agent.HearAsync(PacketType.DialCls)).Message!.CloseDial.Random);
        Assert.Equal(1, server.DialFailures("backend_dial_timeout"));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 405)]
    [InlineData("CONNECT target HTTP/1.1\r\n\r\n", 400)]
    [InlineData("CONNECT\r\n\r\n", 400)]
    [InlineData("\r\n", 400)]
    public async Task Request_Malformed_IsRefusedCheaply(string request, int status)
    {
        await using var server = await StartAsync();
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(request);

        var result = await client.ReadRefusalAsync();

        Assert.Equal(status, result.Status);
        if (status == 405)
        {
            Assert.Equal("this proxy only supports CONNECT passthrough", result.Body);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_HeadOfOneMebibyte_IsRefusedWith431(bool tcp)
    {
        await using var server = await StartAsync(tcp);
        await using var client = await server.DialFrontendAsync();
        var sending = SendMuchAsync(client);

        var result = await client.ReadRefusalAsync();

        Assert.Equal(431, result.Status);
        await sending;
    }

    [Fact]
    public async Task Request_HeadNeverEnds_IsRefusedWith408()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            Mode = FrontendMode.HttpConnect,
            ConnectHeadTimeout = TimeSpan.FromMilliseconds(50),
        });
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync("CONNECT target:1 HTT");

        Assert.Equal(408, (await client.ReadRefusalAsync()).Status);
    }

    [Fact]
    public async Task AutoMode_OnePort_ServesBoth()
    {
        await using var server = await TestServer.StartAsync(o => o with { Mode = FrontendMode.Auto }, tcp: true);
        var agent = await server.ConnectAgentAsync();

        await using var client = await server.DialFrontendAsync();
        await client.SendAsync("C");
        await client.SendAsync(RawHttp.Connect[1..]);
        await agent.AcceptAsync(1);
        Assert.Equal(RawHttp.Established, await client.ReadTextAsync(RawHttp.Established.Length));

        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        await frontend.DialAsync();
        await accepted;
    }

    [Theory]
    [InlineData("P", "OST / HTTP/1.1\r\n\r\n")]
    [InlineData("PRI * HTTP/1.1\r\n", "\r\n")]
    public async Task AutoMode_AlmostThePreface_IsReadAsHttp1(string first, string second)
    {
        await using var server = await TestServer.StartAsync(o => o with { Mode = FrontendMode.Auto });
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(first);
        await client.SendAsync(second);

        Assert.Equal(405, (await client.ReadRefusalAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GrpcMode_Http1Request_GetsACleanAnswer(bool tcp)
    {
        await using var server = await TestServer.StartAsync(tcp: tcp);
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);

        var result = await client.ReadRefusalAsync();

        Assert.Equal(400, result.Status);
        Assert.Contains("--mode=http-connect", result.Body, StringComparison.Ordinal);
    }

    private static async Task SendMuchAsync(Stream client)
    {
        try
        {
            await client.WriteAsync(System.Text.Encoding.ASCII.GetBytes("CONNECT target:1 HTTP/1.1\r\nX: " + new string('x', 1024 * 1024)))
                .DefaultTimeout();
        }
        catch (IOException)
        {
            // The server need not read it all.
        }
    }
}
