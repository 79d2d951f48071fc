using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.LoadTests.Relays;

/// <summary>A TCP hop that holds every byte back for a fixed time, each way; for machines whose kernel has no netem.</summary>
internal sealed class DelayRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly int _destinationPort;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;

    public DelayRelay(int port, int destinationPort, TimeSpan delay)
    {
        _destinationPort = destinationPort;
        _delay = delay;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _connections.Add(RelayAsync(await _listener.AcceptAsync(_stop.Token)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The loop's condition tells the end from a connection that was reset before it was accepted.
            }
        }
    }

    private async Task RelayAsync(Socket source)
    {
        using var near = source;
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        near.NoDelay = far.NoDelay = true;
        try
        {
            await far.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _destinationPort), _stop.Token);
            await Task.WhenAll(
                new DelayLine(near, far, _delay).RunAsync(_stop.Token),
                new DelayLine(far, near, _delay).RunAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end is gone: disposing both sockets tells the other.
        }
    }
}
