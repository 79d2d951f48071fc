using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ClusterProxy.LoadTests.Relays;

/// <summary>One direction of a delayed connection.</summary>
internal sealed class DelayLine(Socket source, Socket destination, TimeSpan delay)
{
    private const int ChunkSize = 64 * 1024;

    // More than a gigabyte a second across 100 ms. In bytes: a sender of small pieces must not have a smaller line.
    private const int MaxInFlight = 128 * 1024 * 1024;

    private readonly Pipe _bytes = new(new PipeOptions(
        pauseWriterThreshold: MaxInFlight, resumeWriterThreshold: MaxInFlight / 2, minimumSegmentSize: ChunkSize));

    private readonly Channel<DelayedChunk> _chunks = Channel.CreateBounded<DelayedChunk>(
        new BoundedChannelOptions(MaxInFlight / 1024) { SingleReader = true, SingleWriter = true });

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var sending = SendAsync(cancellationToken);
        try
        {
            await ReceiveAsync(cancellationToken);
        }
        finally
        {
            _chunks.Writer.TryComplete();
            await sending;
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        while (await source.ReceiveAsync(_bytes.Writer.GetMemory(ChunkSize), cancellationToken) is > 0 and var length)
        {
            _bytes.Writer.Advance(length);
            await _bytes.Writer.FlushAsync(cancellationToken);
            await _chunks.Writer.WriteAsync(new DelayedChunk(length, Stopwatch.GetTimestamp()), cancellationToken);
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await foreach (var chunk in _chunks.Reader.ReadAllAsync(cancellationToken))
        {
            var left = delay - Stopwatch.GetElapsedTime(chunk.Arrived);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, cancellationToken);
            }

            var read = await _bytes.Reader.ReadAtLeastAsync(chunk.Length, cancellationToken);
            var due = read.Buffer.Slice(0, chunk.Length);
            foreach (var piece in due)
            {
                for (var rest = piece; !rest.IsEmpty;)
                {
                    rest = rest[await destination.SendAsync(rest, cancellationToken)..];
                }
            }

            _bytes.Reader.AdvanceTo(due.End);
        }

        destination.Shutdown(SocketShutdown.Send);
    }
}
