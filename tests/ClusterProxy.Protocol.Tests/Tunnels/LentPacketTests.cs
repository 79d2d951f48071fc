using System.Buffers;
using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

/// <summary>Packets that leave from where their payload lies.</summary>
public sealed class LentPacketTests : IAsyncDisposable
{
    private const int Size = 48 * 1024;

    private readonly Pipe _wire = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly PacketReader _reader;
    private readonly HeldOutput _output;
    private readonly TunnelWriter _writer;
    private readonly TunnelConnection _connection;

    public LentPacketTests()
    {
        _reader = new PacketReader(_wire.Reader);
        _output = new HeldOutput(_wire.Writer);
        _writer = new TunnelWriter(_output, TunnelLimits.Default);
        _connection = new TunnelConnection(
            _writer, 7, TunnelRole.Dialer, TunnelFeatureSet.None, TunnelLimits.Default, TimeProvider.System, null, static _ => { });
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _wire.Writer.CompleteAsync();
        await _wire.Reader.CompleteAsync();
    }

    [Fact]
    public async Task Write_MoreIsQueuedWhileAPacketIsLent_KeepsEveryByte()
    {
        var sent = SeededBytes.Create(1, 3 * Size + 100);
        await SendAsync(sent.AsMemory(0, Size));
        await _output.GivenAsync().DefaultTimeout();

        // Into the memory of the first, and beyond.
        await SendAsync(sent.AsMemory(Size, 100));
        await SendAsync(sent.AsMemory(Size + 100, Size));
        await SendAsync(sent.AsMemory(2 * Size + 100, Size));
        _output.Release();
        _output.Release();
        _output.Release();
        Assert.Equal(sent, await ReceiveAsync(sent.Length).DefaultTimeout());
    }

    [Fact]
    public async Task Abort_APacketIsLent_LeavesWholeAndNothingBehindIt()
    {
        var sent = SeededBytes.Create(2, Size);
        await SendAsync(sent);
        await _output.GivenAsync().DefaultTimeout();
        await SendAsync(new byte[Size]);
        _connection.Abort(CloseReason.FrontendLost);
        _output.Release();
        Assert.Equal(sent, await ReceiveAsync(Size).DefaultTimeout());
        Assert.True(_reader.TryRead(out var last) || (await _reader.ReadAsync(CancellationToken.None).AsTask().DefaultTimeout() && _reader.TryRead(out last)));
        Assert.Equal(PacketType.CloseReq, last.Type);
        Assert.Equal(Size, _connection.SentBytes);

        // In the turn of that packet the flow has let go of its source.
        Assert.True((await _connection.Output.FlushAsync().DefaultTimeout()).IsCompleted);
    }

    [Fact]
    public async Task Dispose_APacketIsLent_LetsGoOfItsSource()
    {
        await SendAsync(new byte[Size]);
        await _output.GivenAsync().DefaultTimeout();
        await _writer.DisposeAsync().DefaultTimeout();
        Assert.True((await _connection.Output.FlushAsync().DefaultTimeout()).IsCompleted);
    }

    [Fact]
    public void Frame_PayloadInABlock_StandsBehindItsHeader()
    {
        using var block = PayloadMemory.Pool.Rent(1000);
        var payload = SeededBytes.Create(3, 1000);
        payload.CopyTo(block.Memory);
        foreach (var (start, id) in new[] { (0, 1L), (0, long.MaxValue), (0, -1L), (10, 300L) })
        {
            Assert.True(PayloadBlock.TryFrame(block.Memory[start..1000], id, out var packet));
            var reader = new PacketReader(PipeReader.Create(new ReadOnlySequence<byte>(packet)));
            Assert.True(reader.ReadAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully);
            Assert.True(reader.TryRead(out var read));
            Assert.Equal(id, read.ConnectId);
            Assert.Equal(payload[start..], read.Payload.ToArray());
        }
    }

    [Fact]
    public void Frame_PayloadElsewhere_IsRefused() => Assert.False(PayloadBlock.TryFrame(new byte[100].AsMemory(50), 1, out _));

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        bytes.CopyTo(_connection.Output.GetMemory(bytes.Length));
        _connection.Output.Advance(bytes.Length);
        await _connection.Output.FlushAsync().DefaultTimeout();
    }

    private async Task<byte[]> ReceiveAsync(int length)
    {
        var received = new ArrayBufferWriter<byte>(length);
        while (received.WrittenCount < length && await _reader.ReadAsync(CancellationToken.None))
        {
            while (received.WrittenCount < length && _reader.TryRead(out var packet))
            {
                foreach (var segment in packet.Payload)
                {
                    received.Write(segment.Span);
                }
            }
        }

        return received.WrittenSpan.ToArray();
    }
}
