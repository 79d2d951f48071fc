using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Client.Tests;

/// <summary>A dial whose way was lost before an answer is made once more.</summary>
public sealed class RepeatedDialTests
{
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
}
