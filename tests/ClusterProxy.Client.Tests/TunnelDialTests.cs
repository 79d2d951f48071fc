using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.Client.Tests;

public sealed class TunnelDialTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Spec", "7.47")]
    public async Task Dial_Accepted_SendsDialRequestFirstAndBeforeAnyAnswer()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:10250");
        var call = await server.NextCallAsync();
        // The server has sent nothing yet, response headers included.
        var request = await call.ExpectDialAsync();
        await call.SendAsync(PacketFactory.DialResponse(request.Random, 7));

        await using var stream = await dial.DefaultTimeout();
        Assert.Equal("tcp", request.Protocol);
        Assert.Equal("node1:10250", request.Address);
        Assert.True(request.Random >= 0);
        Assert.Equal(new TunnelTarget("node1", 10250), stream.Target);
        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync(7)).DefaultTimeout();
    }

    [Theory]
    [InlineData(0, "half-close,trace")]
    [InlineData(1, "half-close,lanes,trace")]
    public async Task Dial_ToAServerThatAnnouncesNothing_SaysWhatItKnows_AndStaysOnHttp2(int lanes, string features)
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => o.Lanes = lanes);
        for (var id = 1; id <= 3; id++)
        {
            // Each takes a call of its own, or the next one would not be there.
            var (stream, call) = await server.ConnectAsync(client, connectId: id);
            Assert.Equal(features, call.Features);
            await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync(id)).DefaultTimeout();
        }
    }

    [Fact]
    public async Task Dial_OnLanesOnly_ToAServerWithoutThem_SaysSo()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => o.Transport = TunnelTransport.Lane);

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:1")).DefaultTimeout();

        Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        Assert.Contains("did not take a lane", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "7.50")]
    public async Task Dial_AnsweredWithError_ReportsEndpointAndItsText()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("10.0.0.1:443");
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        await call.SendAsync(PacketFactory.DialResponse(request.Random, "dial tcp 10.0.0.1:443: connect: connection refused"));

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.Endpoint, error.Reason);
        Assert.False(error.IsTransportFailure);
        Assert.Equal(
            $"dialing 10.0.0.1:443 through {server.Address.OriginalString} failed: dial tcp 10.0.0.1:443: connect: connection refused",
            error.Message);
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());
    }

    [Fact]
    [Trait("Spec", "7.50")]
    public async Task Dial_AnsweredWithDialClose_ReportsDialClosed()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        await call.SendAsync(PacketFactory.CloseDial(request.Random));

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.DialClosed, error.Reason);
    }

    [Fact]
    [Trait("Spec", "7.50")]
    public async Task Dial_CancelledByCaller_SendsDialCloseAndEndsTheTunnel()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        using var cancel = new CancellationTokenSource();

        var dial = client.ConnectAsync("node1:1", cancel.Token);
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial).DefaultTimeout();
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Equal(DialFailureReason.Context, Assert.IsType<TunnelConnectException>(cancelled.InnerException).Reason);
        var close = await call.ExpectAsync(PacketType.DialCls);
        Assert.Equal(request.Random, close.Message!.CloseDial.Random);
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());
        await call.EndAsync();
        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Dial_AnsweredAfterItWasCancelled_ClosesWhatCameOfIt()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        using var cancel = new CancellationTokenSource();
        var dial = client.ConnectAsync("node1:1", cancel.Token);
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial).DefaultTimeout();
        await call.ExpectAsync(PacketType.DialCls);

        await call.SendAsync(PacketFactory.DialResponse(request.Random, 5));

        // The client's direction may have ended before the answer came; then the end of the call is the close.
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());
        await call.EndAsync();
        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Dial_NeverAnswered_ReportsTimeoutAndTakesTheDialBack()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => o.DialTimeout = TimeSpan.FromMilliseconds(300));

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        await call.ExpectDialAsync();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.Timeout, error.Reason);
        Assert.Contains("within 0.3 s", error.Message, StringComparison.Ordinal);
        await call.ExpectAsync(PacketType.DialCls);
    }

    [Fact]
    public async Task Dial_StreamEndsFirst_ReportsTunnelClosedWithTheStatus()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        await call.ExpectDialAsync();
        await call.EndAsync(GrpcStatusCode.PermissionDenied, "not you: 100 %");

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.TunnelClosed, error.Reason);
        Assert.True(error.IsTransportFailure);
        Assert.Contains("PermissionDenied: not you: 100 %", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x2, "Internal", 2)]
    [InlineData(0x7, "Unavailable", 2)]
    [InlineData(0x8, "Canceled", 2)]
    [InlineData(0xb, "ResourceExhausted", 1)]
    public async Task Dial_StreamReset_IsMadeOnceMoreUnlessAskedToCalm_AndReportsTunnelClosedWithTheCode(int http2ErrorCode, string code, int calls)
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var resetting = ResetAllAsync(server, http2ErrorCode);

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:1")).DefaultTimeout();
        await client.DisposeAsync();
        server.StopAnswering();
        Assert.Equal(calls, await resetting.DefaultTimeout());
        Assert.True(error.IsTransportFailure);
        Assert.True(error.Message.Contains(code, StringComparison.Ordinal), error.ToString());
    }

    /// <summary>How many dials came before <see cref="ScriptedServer.StopAnswering"/>.</summary>
    private static async Task<int> ResetAllAsync(ScriptedServer server, int http2ErrorCode)
    {
        var calls = new List<Task<bool>>();
        await foreach (var call in server.Calls())
        {
            calls.Add(ResetAsync(call, http2ErrorCode));
        }

        return (await Task.WhenAll(calls)).Count(static dialled => dialled);
    }

    /// <summary>
    /// False for the call that SocketsHttpHandler makes by itself where a stream was refused (0x7): it finds then that the body cannot be
    /// sent twice.
    /// </summary>
    private static async Task<bool> ResetAsync(ScriptedCall call, int http2ErrorCode)
    {
        try
        {
            if (await call.ReceiveAsync().DefaultTimeout() is not { Type: PacketType.DialReq })
            {
                return false;
            }

            call.ResetStream(http2ErrorCode);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("connection lost")]
    [InlineData("unavailable")]
    public async Task Dial_WhoseStreamIsLostBeforeAnAnswer_IsMadeOnceMore(string how)
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:443");
        var lost = await server.NextCallAsync();
        var first = await lost.ExpectDialAsync();
        switch (how)
        {
            case "reset":
                lost.ResetStream(0x8);
                break;
            case "connection lost":
                lost.AbortConnection();
                break;
            default:
                await lost.EndAsync(GrpcStatusCode.Unavailable, "about to leave");
                break;
        }

        var call = await server.NextCallAsync();
        var second = await call.AcceptDialAsync(5);
        await using var stream = await dial.DefaultTimeout();
        Assert.Equal(first.Address, second.Address);
        Assert.NotEqual(first.Random, second.Random);
        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync(5)).DefaultTimeout();
    }

    [Theory]
    [InlineData(GrpcStatusCode.OK)]
    [InlineData(GrpcStatusCode.Internal)]
    [InlineData(GrpcStatusCode.Unauthenticated)]
    [InlineData(GrpcStatusCode.ResourceExhausted)]
    public async Task Dial_ThatTheServerEndedWithAStatus_IsNotMadeAgain(object code)
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        await call.ExpectDialAsync();
        await call.EndAsync((GrpcStatusCode)code, "no");

        await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(1, server.CallCount);
    }

    [Fact]
    public async Task Dial_MadeOnceMore_IsStillWithinItsDeadline()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        using var cancel = new CancellationTokenSource();

        var dial = client.ConnectAsync("node1:1", cancel.Token);
        var lost = await server.NextCallAsync();
        await lost.ExpectDialAsync();
        lost.ResetStream(0x8);
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial).DefaultTimeout();
        Assert.Equal(request.Random, (await call.ExpectAsync(PacketType.DialCls)).Message!.CloseDial.Random);
        Assert.Equal(2, server.CallCount);
    }

    [Fact]
    [Trait("Spec", "7.49")]
    public async Task Dial_ServerUnreachable_ReportsStreamSetupAndLeavesNothing()
    {
        using var refusing = new RefusingPort();
        await using var client = new TunnelClient(new TunnelClientOptions { Address = new Uri($"http://{refusing.Address}") });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:1")).DefaultTimeout();

        Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        Assert.True(error.IsTransportFailure);
        Assert.Contains($"cannot connect to the proxy server at http://{refusing.Address}: Connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_ServerAcceptsAndStaysSilent_NamesTheConnectTimeout()
    {
        await using var hole = await BlackHole.CreateAsync();
        await using var client = new TunnelClient(new TunnelClientOptions
        {
            Address = new Uri($"http://{hole.Address}"),
            ConnectTimeout = TimeSpan.FromMilliseconds(200),
        });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:1")).DefaultTimeout();

        Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        Assert.Contains("did not answer within 0.2 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_OtherDialIdAnswered_EndsTheTunnel()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        await call.SendAsync(PacketFactory.DialResponse(request.Random ^ 1, 3));
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());
        await call.EndAsync();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.TunnelClosed, error.Reason);
    }

    [Fact]
    public async Task Dial_AnsweredWithoutConnectId_ReportsUnknown()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        await call.AcceptDialAsync(connectId: 0);

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.Unknown, error.Reason);
    }

    [Fact]
    public async Task Dial_PortThatIsNoGrpcServer_SaysSo()
    {
        await using var server = await ScriptedServer.StartAsync(instead: context =>
        {
            context.Response.ContentType = "text/html";
            return Task.CompletedTask;
        });
        await using var client = server.Client();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:1")).DefaultTimeout();

        Assert.Contains("is it a gRPC", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dial_AfterDispose_ReportsTunnelClosed()
    {
        await using var server = await ScriptedServer.StartAsync();
        var client = server.Client();
        await client.DisposeAsync();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:1")).DefaultTimeout();

        Assert.Equal(DialFailureReason.TunnelClosed, error.Reason);
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dispose_WithDialsPending_EndsThemAsTunnelClosed()
    {
        await using var server = await ScriptedServer.StartAsync();
        var client = server.Client();
        var dial = client.ConnectAsync("node1:1");
        await (await server.NextCallAsync()).ExpectDialAsync();

        await client.DisposeAsync().DefaultTimeout();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        Assert.Equal(DialFailureReason.TunnelClosed, error.Reason);
        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dials_ManyAtOnce_ShareOneConnectionWithAStreamEach()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        var dials = Enumerable.Range(1, 50).Select(i => client.ConnectAsync($"node{i}:1")).ToArray();
        var calls = new List<ScriptedCall>();
        for (var i = 0; i < dials.Length; i++)
        {
            var call = await server.NextCallAsync();
            calls.Add(call);
            var request = await call.ExpectDialAsync();
            // One connect id for all: it means nothing beyond its stream.
            await call.SendAsync(PacketFactory.DialResponse(request.Random, 1));
            await call.SendDataAsync(1, System.Text.Encoding.UTF8.GetBytes(request.Address));
        }

        var streams = await Task.WhenAll(dials).DefaultTimeout();
        Assert.Single(calls.Select(c => c.ConnectionId).Distinct());
        foreach (var stream in streams)
        {
            var name = new byte[stream.Target.ToString().Length];
            await stream.ReadExactlyAsync(name).DefaultTimeout();
            Assert.Equal(stream.Target.ToString(), System.Text.Encoding.UTF8.GetString(name));
        }
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dials_BeyondTheServersStreamLimit_OpenAnotherConnection()
    {
        await using var server = await ScriptedServer.StartAsync(maxStreams: 3);
        await using var client = server.Client();

        var calls = new List<ScriptedCall>();
        for (var i = 0; i < 7; i++)
        {
            calls.Add((await server.ConnectAsync(client)).Call);
        }

        Assert.All(calls.GroupBy(c => c.ConnectionId), connection => Assert.True(connection.Count() <= 3));
        Assert.True(calls.Select(c => c.ConnectionId).Distinct().Count() >= 3);
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dials_CancelledAtRandomMoments_LeaveNoStream()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var random = SeededRandom.Create(output.WriteLine);
        var answering = server.AnswerDialsAsync();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => DialAsync(random.Next(0, 40)))).DefaultTimeout();

        await server.Open.WaitForAsync(0).DefaultTimeout();
        server.StopAnswering();
        await answering.DefaultTimeout();

        async Task DialAsync(int milliseconds)
        {
            using var cancel = new CancellationTokenSource(milliseconds);
            try
            {
                await using var stream = await client.ConnectAsync("node1:1", cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // As meant.
            }
        }
    }
}
