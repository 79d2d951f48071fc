using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests;

/// <summary>How a stream ends, in one direction or both.</summary>
public sealed class TunnelStreamCloseTests
{
    [Fact]
    [Trait("Spec", "7.48")]
    public async Task Close_NotAnswered_EndsByTimeoutAndABlockedReadGetsTheEnd()
    {
        var time = new ManualTime();
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => o.TimeProvider = time);
        var (stream, call) = await server.ConnectAsync(client);
        var read = stream.ReadAsync(new byte[1]).AsTask();

        var closing = stream.CloseAsync();
        await call.ExpectAsync(PacketType.CloseReq);
        time.Advance(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<IOException>(() => closing).DefaultTimeout();
        Assert.Equal("node1:443 did not acknowledge the close within 10 s", error.Message);
        Assert.Equal(0, await read.DefaultTimeout());
        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Close_AnsweredLate_GivesTheCallNoMoreThanTheCloseTimeout()
    {
        var time = new ManualTime();
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => o.TimeProvider = time);
        var (stream, call) = await server.ConnectAsync(client);

        var closing = stream.CloseAsync();
        await call.ExpectAsync(PacketType.CloseReq);
        time.Advance(TimeSpan.FromSeconds(9));
        await call.SendAsync(PacketFactory.CloseResponse(1));
        await closing.DefaultTimeout();
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());

        // The server leaves the call open.
        time.Advance(TimeSpan.FromSeconds(1));

        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Close_AnsweredWithText_ThrowsItAndDisposeDoesNot()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);

        var closing = stream.CloseAsync();
        await call.AnswerCloseAsync(error: "Unknown connectID");

        var error = await Assert.ThrowsAsync<IOException>(() => closing).DefaultTimeout();
        Assert.Contains("Unknown connectID", error.Message, StringComparison.Ordinal);
        await stream.DisposeAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Close_WithUnreadData_StillSeesTheAnswer()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        var sending = SendMuchAsync();

        var closing = stream.CloseAsync();
        await call.ExpectAsync(PacketType.CloseReq);
        await sending.DefaultTimeout();
        await call.SendAsync(PacketFactory.CloseResponse(1));

        await closing.DefaultTimeout();

        async Task SendMuchAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                await call.SendDataAsync(1, new byte[64 * 1024]);
            }
        }
    }

    [Fact]
    public async Task Dispose_Synchronous_SendsEverythingAndCloses()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        await stream.WriteAsync("last words"u8.ToArray());

        stream.Dispose();

        Assert.Equal("last words"u8.ToArray(), await call.ExpectDataAsync(10));
        await call.AnswerCloseAsync();
        await server.Open.WaitForAsync(0).DefaultTimeout();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1]).AsTask());
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task CompleteWrites_PeerWithoutHalfClose_SaysWhatToDoInstead()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, _) = await server.ConnectAsync(client);

        Assert.False(stream.CanHalfClose);
        var error = Assert.Throws<NotSupportedException>(stream.CompleteWrites);
        Assert.Contains("cannot be closed in one direction only", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompleteWrites_WholeWaySupportsIt_EndsOneDirectionAndReadsOn()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectHalfCloseableAsync(client);
        Assert.True(stream.CanHalfClose);

        await stream.WriteAsync("question"u8.ToArray());
        stream.CompleteWrites();

        Assert.Equal("question"u8.ToArray(), await call.ExpectDataAsync(8));
        Assert.Equal(1, (await call.ExpectAsync(PacketType.HalfClose)).Message!.CloseRequest.ConnectID);
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.WriteAsync(new byte[1]).AsTask());
        await call.SendDataAsync(1, "answer"u8.ToArray());
        await call.SendAsync(PacketFactory.CloseResponse(1));
        using var reader = new StreamReader(stream);
        Assert.Equal("answer", await reader.ReadToEndAsync().DefaultTimeout());
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Read_TargetHalfClosed_EndsAndWritesGoOn()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectHalfCloseableAsync(client);
        await call.SendDataAsync(1, "all"u8.ToArray());
        await call.SendAsync(PacketFactory.HalfClose(1));

        Assert.Equal(3, await stream.ReadAsync(new byte[8]).DefaultTimeout());
        Assert.Equal(0, await stream.ReadAsync(new byte[8]).DefaultTimeout());
        await stream.WriteAsync("more"u8.ToArray());
        Assert.Equal("more"u8.ToArray(), await call.ExpectDataAsync(4));
        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync()).DefaultTimeout();
    }

    [Fact]
    public async Task Close_AfterCompleteWrites_StillSendsACloseRequest()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectHalfCloseableAsync(client);
        stream.CompleteWrites();
        await call.ExpectAsync(PacketType.HalfClose);

        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync()).DefaultTimeout();
    }
}
