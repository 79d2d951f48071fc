using System.Buffers;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Protocol.Tests.Lanes;

public sealed class LanePipeWriterTests
{
    [Fact]
    public async Task Flush_SeveralWrites_AreOneOfTheStream()
    {
        var stream = new RecordingStream();
        var writer = new LanePipeWriter(stream);
        writer.Write(new byte[] { 1, 2 });
        writer.Write(new byte[] { 3 });
        Assert.Equal(3, writer.UnflushedBytes);
        Assert.Empty(stream.Calls);

        Assert.False((await writer.FlushAsync().DefaultTimeout()).IsCompleted);
        await writer.FlushAsync().DefaultTimeout();

        Assert.Equal(["010203", "flush"], stream.Calls);
        Assert.Equal(0, writer.UnflushedBytes);
    }

    [Fact]
    public async Task Write_Lent_FollowsWhatWasWritten()
    {
        var stream = new RecordingStream();
        var writer = new LanePipeWriter(stream);
        writer.Write(new byte[] { 1 });

        await writer.WriteAsync(new byte[] { 2, 3 }).DefaultTimeout();

        Assert.Equal(["01", "0203", "flush"], stream.Calls);
    }

    [Fact]
    public async Task Write_MoreThanATurn_StaysInOnePiece()
    {
        var stream = new RecordingStream();
        var writer = new LanePipeWriter(stream);
        var bytes = new byte[500_000];
        new Random(1).NextBytes(bytes);
        for (var i = 0; i < bytes.Length; i += 1000)
        {
            writer.Write(bytes.AsSpan(i, 1000));
        }

        await writer.FlushAsync().DefaultTimeout();

        Assert.Equal([Convert.ToHexString(bytes), "flush"], stream.Calls);
    }

    [Fact]
    public async Task Complete_WithBytesLeft_SendsThemOnlyInOrder()
    {
        var stream = new RecordingStream();
        var cut = new LanePipeWriter(stream);
        cut.Write(new byte[] { 1 });
        await cut.CompleteAsync(new IOException("the lane has ended"));
        Assert.Empty(stream.Calls);
        Assert.Throws<ObjectDisposedException>(() => cut.GetMemory());

        var whole = new LanePipeWriter(stream);
        whole.Write(new byte[] { 2 });
        await whole.CompleteAsync();
        Assert.Equal(["02", "flush"], stream.Calls);
    }

    [Fact]
    public async Task Flush_StreamFails_Throws()
    {
        var writer = new LanePipeWriter(new RecordingStream { Fault = new IOException("gone") });
        writer.Write(new byte[] { 1 });

        await Assert.ThrowsAsync<IOException>(() => writer.FlushAsync().AsTask().DefaultTimeout());
        await writer.CompleteAsync(new IOException("the lane has ended"));
    }

    private sealed class RecordingStream : MemoryStream
    {
        public List<string> Calls { get; } = [];

        public Exception? Fault { get; init; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Calls.Add(Convert.ToHexString(buffer.Span));
            return Fault is null ? ValueTask.CompletedTask : ValueTask.FromException(Fault);
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Calls.Add("flush");
            return Task.CompletedTask;
        }
    }
}
