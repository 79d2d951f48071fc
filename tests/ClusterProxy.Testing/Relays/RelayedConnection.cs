using System.Net.Sockets;

namespace ClusterProxy.Testing.Relays;

/// <summary>One connection through a relay: a pump each way, ended by both FINs or by a cut.</summary>
internal sealed class RelayedConnection(Socket source, Socket destination, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public async Task RunAsync(RelayDirection toDestination, RelayDirection toSource)
    {
        await Task.WhenAll(
            new RelayPump(source, destination, toDestination, time, this).RunAsync(_cut.Token),
            new RelayPump(destination, source, toSource, time, this).RunAsync(_cut.Token));
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
}
