using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>What an agent dials: a real socket on 127.0.0.1. Every loop is stored and awaited on dispose.</summary>
public abstract class LoopbackTarget : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly ConcurrentQueue<Exception> _faults = new();
    private readonly Task _acceptLoop;

    /// <param name="address">127.0.0.1 by default.</param>
    /// <param name="port">Any free one by default.</param>
    protected LoopbackTarget(IPAddress? address = null, int port = 0)
    {
        address ??= IPAddress.Loopback;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen(1024);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _acceptLoop = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    /// <summary>host:port as a dial names it; IPv6 in brackets.</summary>
    public string Address => EndPoint.ToString();

    public ObservedCount Accepted { get; } = new();

    public ObservedCount Open { get; } = new();

    public ObservedCount BytesReceived { get; } = new();

    /// <summary>Connections whose other end was seen to send FIN or RST.</summary>
    public ObservedCount EndedByPeer { get; } = new();

    /// <summary>Closes every open connection: FIN by default, RST when <paramref name="reset"/>.</summary>
    public void CloseConnections(bool reset = false)
    {
        foreach (var socket in _connections.Keys)
        {
            Close(socket, reset);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _acceptLoop;
        CloseConnections(reset: true);
        await Task.WhenAll(_connections.Values);
        _stop.Dispose();
        GC.SuppressFinalize(this);
        if (!_faults.IsEmpty)
        {
            throw new AggregateException($"{GetType().Name} failed", _faults);
        }
    }

    /// <summary>Serves one connection; returning closes it with FIN.</summary>
    protected abstract Task ServeAsync(Socket socket, CancellationToken cancellationToken);

    /// <summary>Reads once and keeps the books; 0 means that the peer has finished.</summary>
    protected async ValueTask<int> ReceiveAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException) when (!cancellationToken.IsCancellationRequested)
        {
            EndedByPeer.Increment();
            throw;
        }

        if (read == 0)
        {
            EndedByPeer.Increment();
        }

        BytesReceived.Add(read);
        return read;
    }

    protected static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
        }
    }

    protected static void Close(Socket socket, bool reset)
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
            // The other end was faster.
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            socket.NoDelay = true;
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _connections[socket] = RunAsync(socket, started.Task);
            Open.Increment();
            Accepted.Increment();
            started.SetResult();
        }
    }

    private async Task RunAsync(Socket socket, Task registered)
    {
        await registered;
        try
        {
            await ServeAsync(socket, _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
            // The peer went away or the target is being disposed: both are ordinary ends.
        }
        catch (Exception e)
        {
            _faults.Enqueue(e);
        }
        finally
        {
            Close(socket, reset: false);
            _connections.TryRemove(socket, out _);
            Open.Decrement();
        }
    }
}
