using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Threading.Channels;
using ClusterProxy.Protocol.Messages;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Agent.Tests.Scripted;

/// <summary>One Connect call in the hands of a test.</summary>
internal sealed class ScriptedTunnel(HttpContext context, int index)
{
    private readonly Channel<Packet> _received = Channel.CreateUnbounded<Packet>();
    private readonly TaskCompletionSource<string> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _writing = Slot();
    private readonly Gate _reading = new();
    private long _lastRandom = 1000;

    public int Index => index;

    public IHeaderDictionary Metadata { get; } = new HeaderDictionary(new Dictionary<string, Microsoft.Extensions.Primitives.StringValues>(
        context.Request.Headers.Select(h => KeyValuePair.Create(h.Key, h.Value)), StringComparer.OrdinalIgnoreCase));

    /// <summary>Completes when the agent's direction has ended; true when in order.</summary>
    public TaskCompletionSource<bool> AgentEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Stops taking bytes from the agent, so that its window fills.</summary>
    public void StopReading() => _reading.Close();

    public void ResumeReading() => _reading.Open();

    /// <summary>Ends the call with a status.</summary>
    public void End(int status = 0) => _end.TrySetResult(status.ToString());

    /// <summary>Resets the stream.</summary>
    public void Abort() => context.Abort();

    public async Task SendAsync(Packet packet)
    {
        var bytes = new byte[5 + packet.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - 5);
        packet.WriteTo(bytes.AsSpan(5));
        await SendRawAsync(bytes);
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.Reader.ReadAsync().DefaultTimeout();
        try
        {
            await context.Response.Body.WriteAsync(bytes);
            await context.Response.Body.FlushAsync();
        }
        finally
        {
            _writing.Writer.TryWrite(true);
        }
    }

    /// <summary>The next packet, which must be of the type.</summary>
    public async Task<Packet> ReceiveAsync(PacketType type)
    {
        var packet = await _received.Reader.ReadAsync().DefaultTimeout();
        Assert.True(packet.Type == type, $"expected {type}, received {packet}");
        return packet;
    }

    public Task<Packet> ReceiveAnyAsync() => _received.Reader.ReadAsync().DefaultTimeout();

    /// <summary>Hands over every packet until the tunnel ends.</summary>
    public async Task ReceiveAllAsync(Func<Packet, Task> handle)
    {
        await foreach (var packet in _received.Reader.ReadAllAsync())
        {
            await handle(packet);
        }
    }

    /// <summary>DATA packets up to the number of bytes.</summary>
    public async Task<byte[]> ReceiveDataAsync(long connectId, int length)
    {
        using var all = new MemoryStream();
        while (all.Length < length)
        {
            var data = (await ReceiveAsync(PacketType.Data)).Data;
            Assert.Equal(connectId, data.ConnectID);
            Assert.False(data.Data_.IsEmpty, "an empty DATA reads as end of stream at upstream's client");
            data.Data_.WriteTo(all);
        }

        return all.ToArray();
    }

    public long NextRandom() => Interlocked.Increment(ref _lastRandom);

    public Task SendDialAsync(string address, long random, string protocol = "tcp") => SendAsync(new Packet
    {
        Type = PacketType.DialReq,
        DialRequest = new DialRequest { Protocol = protocol, Address = address, Random = random },
    });

    /// <summary>Dials and waits for the answer, which must be the next packet.</summary>
    public async Task<DialResponse> DialAsync(string address, string protocol = "tcp")
    {
        var random = NextRandom();
        await SendDialAsync(address, random, protocol);
        var response = (await ReceiveAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal(random, response.Random);
        return response;
    }

    public async Task<long> ConnectAsync(string address)
    {
        var response = await DialAsync(address);
        Assert.Equal("", response.Error);
        Assert.NotEqual(0, response.ConnectID);
        return response.ConnectID;
    }

    public Task SendDataAsync(long connectId, ReadOnlyMemory<byte> bytes) => SendAsync(new Packet
    {
        Type = PacketType.Data,
        Data = new Data { ConnectID = connectId, Data_ = ByteString.CopyFrom(bytes.Span) },
    });

    public Task SendCloseAsync(long connectId) =>
        SendAsync(new Packet { Type = PacketType.CloseReq, CloseRequest = new CloseRequest { ConnectID = connectId } });

    public Task SendHalfCloseAsync(long connectId) =>
        SendAsync(new Packet { Type = (PacketType)64, CloseRequest = new CloseRequest { ConnectID = connectId } });

    public Task SendServersAsync(ServerList servers) => SendAsync(new Packet { Type = PacketType.Servers, Servers = servers });

    public Task SendCloseDialAsync(long random) =>
        SendAsync(new Packet { Type = PacketType.DialCls, CloseDial = new CloseDial { Random = random } });

    public async Task<CloseResponse> ReceiveCloseAsync(long connectId)
    {
        var response = (await ReceiveAsync(PacketType.CloseRsp)).CloseResponse;
        Assert.Equal(connectId, response.ConnectID);
        return response;
    }

    internal async Task ServeAsync(CancellationToken stop)
    {
        var reading = ReadAsync(context.Request.BodyReader);
        var end = await Task.WhenAny(_end.Task, AgentEnded.Task, Task.Delay(Timeout.Infinite, stop));
        if (end == _end.Task)
        {
            context.Response.AppendTrailer("grpc-status", await _end.Task);
        }
        else if (end == AgentEnded.Task && await AgentEnded.Task)
        {
            context.Response.AppendTrailer("grpc-status", "0");
        }

        if (end != AgentEnded.Task)
        {
            context.Request.BodyReader.CancelPendingRead();
        }

        _reading.Open();
        await reading;
    }

    private async Task ReadAsync(PipeReader body)
    {
        try
        {
            while (true)
            {
                await _reading.WaitAsync();
                var result = await body.ReadAsync();
                var buffer = result.Buffer;
                while (buffer.Length >= 5)
                {
                    var header = new byte[4];
                    buffer.Slice(1, 4).CopyTo(header);
                    var length = BinaryPrimitives.ReadInt32BigEndian(header);
                    if (buffer.Length < 5 + length)
                    {
                        break;
                    }

                    await _received.Writer.WriteAsync(Packet.Parser.ParseFrom(buffer.Slice(5, length)));
                    buffer = buffer.Slice(5 + length);
                }

                body.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted || result.IsCanceled)
                {
                    AgentEnded.TrySetResult(result.IsCompleted);
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            AgentEnded.TrySetResult(false);
        }

        _received.Writer.TryComplete();
    }

    private static Channel<bool> Slot()
    {
        var slot = Channel.CreateBounded<bool>(1);
        slot.Writer.TryWrite(true);
        return slot;
    }
}
