using System.Net.Sockets;

namespace ClusterProxy.Testing.Relays;

/// <summary>One connection through a relay: a pump each way, ended by both FINs or by a cut.</summary>
internal sealed class RelayedConnection(Socket source, Socket destination) : IDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public async Task RunAsync(RelayDirection toDestination, RelayDirection toSource)
    {
        await Task.WhenAll(PumpAsync(source, destination, toDestination), PumpAsync(destination, source, toSource));
        source.Dispose();
        destination.Dispose();
    }

    public void Cut(bool reset)
    {
        foreach (var socket in (Socket[])[source, destination])
        {
            try
            {
                if (reset)
                {
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                }
                else
                {
                    socket.Shutdown(SocketShutdown.Both);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It ended on its own.
            }

            socket.Dispose();
        }

        lock (_gate)
        {
            if (!_disposed)
            {
                _cut.Cancel();
            }
        }
    }

    public void HalfClose(bool towardDestination)
    {
        try
        {
            (towardDestination ? destination : source).Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It ended on its own.
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _cut.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, RelayDirection direction)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                await direction.WaitForFlowAsync(_cut.Token);
                var read = await from.ReceiveAsync(buffer, SocketFlags.None, _cut.Token);

                // Bytes that came in while the direction was being stalled wait here.
                var mode = await direction.WaitForFlowAsync(_cut.Token);
                if (mode == RelayMode.BlackHole)
                {
                    direction.BytesDropped.Add(read);
                    if (read == 0)
                    {
                        return;
                    }

                    continue;
                }

                if (read == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None, _cut.Token);
                }

                direction.BytesPassed.Add(read);
            }
        }
        catch (SocketException) when (direction.Mode != RelayMode.BlackHole)
        {
            // One side was reset: so is the other.
            Cut(reset: true);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut by the test, or reset in the dark.
        }
    }
}
