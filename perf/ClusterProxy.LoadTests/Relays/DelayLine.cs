using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ClusterProxy.LoadTests.Relays;

/// <summary>One direction of a delayed connection.</summary>
internal sealed class DelayLine(Socket source, Socket destination, TimeSpan delay)
{
    private const int ChunkSize = 64 * 1024;

    // 128 MiB in flight at most: more than a gigabyte a second across 100 ms.
    private readonly Channel<DelayedChunk> _inFlight = Channel.CreateBounded<DelayedChunk>(
        new BoundedChannelOptions(2048) { SingleReader = true, SingleWriter = true });

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var sending = SendAsync(cancellationToken);
        try
        {
            await ReceiveAsync(cancellationToken);
        }
        finally
        {
            _inFlight.Writer.TryComplete();
            await sending;
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
            var length = await source.ReceiveAsync(buffer, cancellationToken);
            if (length == 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return;
            }

            await _inFlight.Writer.WriteAsync(new DelayedChunk(buffer, length, Stopwatch.GetTimestamp()), cancellationToken);
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await foreach (var chunk in _inFlight.Reader.ReadAllAsync(cancellationToken))
        {
            var left = delay - Stopwatch.GetElapsedTime(chunk.Arrived);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, cancellationToken);
            }

            for (var sent = 0; sent < chunk.Length;)
            {
                sent += await destination.SendAsync(chunk.Buffer.AsMemory(sent, chunk.Length - sent), cancellationToken);
            }

            ArrayPool<byte>.Shared.Return(chunk.Buffer);
        }

        destination.Shutdown(SocketShutdown.Send);
    }
}
