using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.LoadTests.Targets;

/// <summary>The far end of every connection: one port, whose connections say themselves what they want.</summary>
internal sealed class LoadTarget : IAsyncDisposable
{
    private const int BufferSize = 256 * 1024;
    private const int EchoBufferSize = 4 * 1024;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly ConcurrentDictionary<int, RunCounter> _runs = new();
    private readonly Task _accepting;

    public LoadTarget(int port)
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
        _listener.Bind(EndPoint);
        _listener.Listen(4096);
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>What the connections of one run have done.</summary>
    public RunCounter Run(int run) => _runs.GetOrAdd(run, static _ => new RunCounter());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                var serving = ServeAsync(socket);
                _connections.TryAdd(serving, true);
                _ = serving.ContinueWith(
                    static (task, table) => ((ConcurrentDictionary<Task, bool>)table!).TryRemove(task, out _),
                    _connections, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The loop's condition tells the end from a connection that was reset before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        RunCounter? counter = null;
        try
        {
            socket.NoDelay = true;
            var head = new byte[TargetPreamble.Length];
            for (var read = 0; read < head.Length;)
            {
                var length = await socket.ReceiveAsync(head.AsMemory(read), _stop.Token);
                if (length == 0)
                {
                    return;
                }

                read += length;
            }

            var preamble = TargetPreamble.Read(head);
            counter = Run(preamble.Run);
            counter.Opened();
            await ServeAsync(socket, preamble.Mode, counter);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The client is gone, or the target stops: both are the end of a connection.
        }
        finally
        {
            counter?.Closed();
            socket.Dispose();
        }
    }

    private async Task ServeAsync(Socket socket, TargetMode mode, RunCounter counter)
    {
        switch (mode)
        {
            case TargetMode.Echo:
                await EchoAsync(socket);
                break;
            case TargetMode.Source:
                while (true)
                {
                    await SendAllAsync(socket, BytePattern.Bytes);
                }

            case TargetMode.HttpSource:
                await SendAllAsync(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8.ToArray());
                goto case TargetMode.Source;

            case TargetMode.Sink:
                await SinkAsync(socket, counter);
                break;
            case TargetMode.Deaf:
                await DeafAsync(socket, counter);
                break;
            default:
                throw new InvalidOperationException($"a connection asks for mode {(byte)mode}, which is none");
        }
    }

    private async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[EchoBufferSize];
        while (await socket.ReceiveAsync(buffer, _stop.Token) is var length and > 0)
        {
            await SendAllAsync(socket, buffer.AsMemory(0, length));
        }
    }

    private async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, _stop.Token)..];
        }
    }

    private async Task SinkAsync(Socket socket, RunCounter counter)
    {
        var buffer = new byte[BufferSize];
        while (await socket.ReceiveAsync(buffer, _stop.Token) is var length and > 0)
        {
            counter.AddBytes(length);
        }
    }

    private async Task DeafAsync(Socket socket, RunCounter counter)
    {
        await counter.Released.WaitAsync(_stop.Token);
        var buffer = new byte[BufferSize];
        long position = 0;
        while (await socket.ReceiveAsync(buffer, _stop.Token) is var length and > 0 && BytePattern.Matches(position, buffer.AsSpan(0, length)))
        {
            counter.AddBytes(length);
            position += length;
        }
    }
}
