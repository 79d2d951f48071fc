using System.Text;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests;

public sealed class TunnelStreamTests
{
    [Fact]
    [Trait("Spec", "7.22")]
    public async Task Read_SmallerThanTheChunk_ReturnsLeftoversFirst()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        await call.SendDataAsync(1, "hello"u8.ToArray());

        var buffer = new byte[3];
        Assert.Equal(3, await stream.ReadAsync(buffer).DefaultTimeout());
        Assert.Equal("hel"u8.ToArray(), buffer);
        Assert.Equal(2, await stream.ReadAsync(buffer).DefaultTimeout());
        Assert.Equal("lo"u8.ToArray(), buffer[..2]);
        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync()).DefaultTimeout();
    }

    [Fact]
    [Trait("Spec", "7.48")]
    public async Task Write_ThenClose_ArrivesInOrderWithTheCloseBehindTheLastByte()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client, connectId: 9);
        var content = SeededBytes.Create(3, 300_000);

        var closed = WriteAndCloseAsync();
        var received = await call.ExpectDataAsync(content.Length);
        await call.AnswerCloseAsync(9);

        await closed.DefaultTimeout();
        Assert.Equal(SeededBytes.Sha256(content), SeededBytes.Sha256(received));

        async Task WriteAndCloseAsync()
        {
            await stream.WriteAsync(content);
            await stream.CloseAsync();
        }
    }

    [Fact]
    public async Task Read_DataRightBehindTheDialResponse_IsKept()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var dial = client.ConnectAsync("ssh:22");
        var call = await server.NextCallAsync();
        var request = await call.ExpectDialAsync();
        var greeting = new Packet { Type = PacketType.Data, Data = new Data { ConnectID = 4, Data_ = Google.Protobuf.ByteString.CopyFromUtf8("SSH-2.0") } };
        await call.SendAsync(PacketFactory.DialResponse(request.Random, 4), greeting, PacketFactory.CloseResponse(4));

        await using var stream = await dial.DefaultTimeout();
        using var reader = new StreamReader(stream);
        Assert.Equal("SSH-2.0", await reader.ReadToEndAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Read_TargetClosed_ReturnsWhatCameAndThenTheEnd()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        await call.SendDataAsync(1, new byte[10]);
        await call.SendAsync(PacketFactory.CloseResponse(1));
        Assert.Null(await call.ReceiveAsync().DefaultTimeout());
        await call.EndAsync();
        await server.Open.WaitForAsync(0).DefaultTimeout();

        var buffer = new byte[100];
        Assert.Equal(10, await stream.ReadAsync(buffer).DefaultTimeout());
        Assert.Equal(0, await stream.ReadAsync(buffer).DefaultTimeout());
        Assert.Equal(0, await stream.ReadAsync(buffer).DefaultTimeout());
        var error = await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync(buffer).AsTask()).DefaultTimeout();
        Assert.Equal("the connection to node1:443 is closed", error.Message);
        await stream.CloseAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Read_TunnelBroke_ThrowsBehindWhatCame()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        await call.SendDataAsync(1, new byte[10]);
        await call.EndAsync(GrpcStatusCode.Unavailable, "restarting");
        await server.Open.WaitForAsync(0).DefaultTimeout();

        var buffer = new byte[100];
        Assert.Equal(10, await stream.ReadAsync(buffer).DefaultTimeout());
        var error = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(buffer).AsTask()).DefaultTimeout();
        Assert.Contains("ended before the connection did: Unavailable: restarting", error.Message, StringComparison.Ordinal);
        await stream.DisposeAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Read_CloseResponseWithText_ThrowsIt()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        await call.SendAsync(PacketFactory.CloseResponse(1, "mismatched connection IDs"));

        var error = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask()).DefaultTimeout();

        Assert.Equal("the connection to node1:443 was cut: mismatched connection IDs", error.Message);
    }

    [Fact]
    public async Task Read_PacketsThatConcernNothing_AreSkipped()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);

        await call.SendAsync(
            PacketFactory.CloseResponse(99), PacketFactory.Drain(), new Packet { Type = (PacketType)77 },
            new Packet { Type = PacketType.Data, Data = new Data { ConnectID = 1 } }, new Packet { Type = PacketType.Data });
        await call.SendDataAsync(1, "still"u8.ToArray());

        var buffer = new byte[5];
        await stream.ReadExactlyAsync(buffer).DefaultTimeout();
        Assert.Equal("still"u8.ToArray(), buffer);
    }

    [Fact]
    public async Task Read_DataForAnUnknownConnection_IsAnsweredWithACloseRequest()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (_, call) = await server.ConnectAsync(client);

        await call.SendDataAsync(33, new byte[1]);

        var close = await call.ExpectAsync(PacketType.CloseReq);
        Assert.Equal(33, close.Message!.CloseRequest.ConnectID);
    }

    [Fact]
    public async Task Read_ZeroBytes_WaitsForDataAndTakesNone()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);

        var read = stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(read.IsCompleted);
        await call.SendDataAsync(1, "x"u8.ToArray());

        Assert.Equal(0, await read.DefaultTimeout());
        Assert.Equal(1, await stream.ReadAsync(new byte[8]).DefaultTimeout());
    }

    [Fact]
    public async Task Read_Cancelled_LosesNothing()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        using var cancel = new CancellationTokenSource();

        var read = stream.ReadAsync(new byte[8], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read).DefaultTimeout();

        await call.SendDataAsync(1, "abc"u8.ToArray());
        Assert.Equal(3, await stream.ReadAsync(new byte[8]).DefaultTimeout());
    }

    [Fact]
    public async Task Read_TimesOut_AndTheStreamGoesOn()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        stream.ReadTimeout = 50;

        var error = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[8]).AsTask()).DefaultTimeout();

        Assert.IsType<TimeoutException>(error.InnerException);
        Assert.Contains("read timeout of 50 ms", error.Message, StringComparison.Ordinal);
        await call.SendDataAsync(1, "abc"u8.ToArray());
        stream.ReadTimeout = Timeout.Infinite;
        Assert.Equal(3, await stream.ReadAsync(new byte[8]).DefaultTimeout());
    }

    [Fact]
    public async Task Write_PeerDoesNotRead_TimesOutAndDisposeAborts()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client(o => o.CloseTimeout = TimeSpan.FromMilliseconds(100));
        var (stream, _) = await server.ConnectAsync(client);
        stream.WriteTimeout = 300;

        var error = await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await stream.WriteAsync(new byte[1024 * 1024]);
            }
        }).DefaultTimeout();

        Assert.IsType<TimeoutException>(error.InnerException);
        await stream.DisposeAsync().DefaultTimeout();
        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Read_ConsumerThatStops_HoldsTheSenderBackAndLosesNothing()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        var content = SeededBytes.Create(8, 64 * 1024);
        using var cancel = new CancellationTokenSource();
        long sent = 0;
        var sending = SendAsync();

        // Far more than the client's buffers: the sender must come to a halt by itself.
        await Assert.ThrowsAsync<TimeoutException>(() => sending.WaitAsync(TimeSpan.FromSeconds(3)));
        var halted = Interlocked.Read(ref sent);
        var buffer = new byte[content.Length];
        for (var received = 0L; received < 200 * content.Length; received += buffer.Length)
        {
            await stream.ReadExactlyAsync(buffer).DefaultTimeout();
            var same = content.AsSpan().CommonPrefixLength(buffer);
            Assert.True(same == buffer.Length, $"differs {received + same} bytes into the stream");
        }

        Assert.InRange(halted, 1, 150 * content.Length);
        await sending.DefaultTimeout();

        async Task SendAsync()
        {
            for (var i = 0; i < 200; i++)
            {
                await call.SendDataAsync(1, content, cancel.Token);
                Interlocked.Add(ref sent, content.Length);
            }
        }
    }

    [Fact]
    public async Task Client_Disposed_CutsOpenConnections()
    {
        await using var server = await ScriptedServer.StartAsync();
        var client = server.Client();
        var (stream, _) = await server.ConnectAsync(client);
        var read = stream.ReadAsync(new byte[1]).AsTask();

        await client.DisposeAsync().DefaultTimeout();

        var error = await Assert.ThrowsAsync<IOException>(() => read).DefaultTimeout();
        Assert.Contains("the tunnel client was disposed", error.Message, StringComparison.Ordinal);
        await server.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Synchronous_ReadAndWrite_Work()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        await call.SendDataAsync(1, "pong"u8.ToArray());

        var work = Task.Run(() =>
        {
            stream.Write("ping"u8.ToArray(), 0, 4);
            var buffer = new byte[4];
            stream.ReadExactly(buffer);
            return Encoding.UTF8.GetString(buffer);
        });

        Assert.Equal("ping"u8.ToArray(), await call.ExpectDataAsync(4));
        Assert.Equal("pong", await work.DefaultTimeout());
    }

    [Fact]
    public async Task Read_TwoAtOnce_IsRefused()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var (stream, call) = await server.ConnectAsync(client);
        var first = stream.ReadAsync(new byte[1]).AsTask();

        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ReadAsync(new byte[1]).AsTask());

        await call.SendDataAsync(1, new byte[1]);
        Assert.Equal(1, await first.DefaultTimeout());
    }
}
