using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests;

public sealed class TunnelDialTests
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
        var time = new ManualTime();
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => (o.TimeProvider, o.DialTimeout) = (time, TimeSpan.FromMilliseconds(300)));

        var dial = client.ConnectAsync("node1:1");
        var call = await server.NextCallAsync();
        await call.ExpectDialAsync();
        time.Advance(TimeSpan.FromMilliseconds(300));

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
}
