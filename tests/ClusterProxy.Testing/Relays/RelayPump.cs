using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ClusterProxy.Testing.Relays;

/// <summary>One direction of one connection: a loop that reads, a bounded queue, and a loop that sends when it is time.</summary>
internal sealed class RelayPump(Socket from, Socket to, RelayDirection direction, TimeProvider time, RelayedConnection connection)
{
    private const int ChunkSize = 16 * 1024;

    // A mebibyte at most: enough for a delay to be one, little enough that a stall reaches the sender soon.
    private readonly Channel<RelayChunk> _underWay = Channel.CreateBounded<RelayChunk>(
        new BoundedChannelOptions(64) { SingleReader = true, SingleWriter = true });

    private bool _dark;

    public async Task RunAsync(CancellationToken cut)
    {
        var sending = GuardAsync(SendAsync(cut));
        await GuardAsync(ReceiveAsync(cut));
        _underWay.Writer.TryComplete();
        await sending;
    }

    private async Task GuardAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (SocketException) when (direction.Mode != RelayMode.BlackHole && !_dark)
        {
            // One side was reset: so is the other.
            connection.Cut(reset: true);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or ChannelClosedException)
        {
            // Cut by the test, or reset in the dark.
        }
    }

    private async Task ReceiveAsync(CancellationToken cut)
    {
        while (true)
        {
            await direction.WaitForFlowAsync(cut);
            var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
            var read = await from.ReceiveAsync(buffer.AsMemory(0, ChunkSize), SocketFlags.None, cut);
            await _underWay.Writer.WriteAsync(new RelayChunk(buffer, read, time.GetTimestamp()), cut);
            if (read == 0)
            {
                return;
            }
        }
    }

    private async Task SendAsync(CancellationToken cut)
    {
        await foreach (var chunk in _underWay.Reader.ReadAllAsync(cut))
        {
            if (direction.LeftOf(chunk) is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cut);
            }

            // Bytes that came in while the direction was being stalled wait here.
            if (await direction.WaitForFlowAsync(cut) == RelayMode.Pass && !_dark && chunk.Length == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            if (!await SendAsync(chunk.Buffer.AsMemory(0, chunk.Length), cut))
            {
                return;
            }

            ArrayPool<byte>.Shared.Return(chunk.Buffer);
        }
    }

    /// <summary>False when the connection was cut.</summary>
    private async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cut)
    {
        while (!bytes.IsEmpty)
        {
            if (_dark || await direction.WaitForFlowAsync(cut) == RelayMode.BlackHole)
            {
                _dark = true;
                direction.BytesDropped.Add(bytes.Length);
                return true;
            }

            var turn = direction.NextTurn(bytes.Length);
            if (turn.Wait > TimeSpan.Zero)
            {
                await Task.Delay(turn.Wait, time, cut);
            }

            for (var sent = 0; sent < turn.Bytes;)
            {
                sent += await to.SendAsync(bytes[sent..turn.Bytes], SocketFlags.None, cut);
            }

            direction.BytesPassed.Add(turn.Bytes);
            bytes = bytes[turn.Bytes..];
            if (turn.Cut is { } due)
            {
                connection.Cut(due.Reset);
                return false;
            }
        }

        return true;
    }
}
