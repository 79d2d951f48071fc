using System.Net;
using System.Net.Sockets;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Connecting;

/// <summary>Accepts local connections and carries each to the target until it is told to stop.</summary>
internal sealed class LocalForward(TunnelClient client, TunnelTarget target, TunnelRelay relay, TextWriter log, TimeProvider time)
{
    /// <summary>Before an accept that has just failed is tried again: it would fail again at once.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // More at a time than any local program opens by design; a runaway one must not take all of the server's streams.
    private const int MaxConnections = 1024;

    private readonly SemaphoreSlim _slots = new(MaxConnections);
    private readonly HashSet<Task> _running = [];

    /// <exception cref="IOException">The port cannot be listened on.</exception>
    public static TcpListener Listen(IPEndPoint endPoint)
    {
        var listener = new TcpListener(endPoint);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"--listen={endPoint}: {e.Message}; choose another port", e);
        }
    }

    /// <summary>Returns when <paramref name="cancellationToken"/> is cancelled and every connection is closed.</summary>
    public async Task RunAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _slots.WaitAsync(cancellationToken);
                if (await AcceptAsync(listener, cancellationToken) is not { } socket)
                {
                    _slots.Release();
                    continue;
                }

                _running.RemoveWhere(static task => task.IsCompleted);
                _running.Add(ServeAsync(socket, cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to end.
        }

        await Task.WhenAll(_running);
        _slots.Dispose();
    }

    /// <summary>Null when it failed: for want of handles, as a rule, and those who are connected will end some time.</summary>
    private async Task<Socket?> AcceptAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        try
        {
            return await listener.AcceptSocketAsync(cancellationToken);
        }
        catch (SocketException e)
        {
            await log.WriteLineAsync($"clusterproxy: a local connection cannot be accepted: {e.Message}");
            await Task.Delay(Pause, time, cancellationToken);
            return null;
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        socket.NoDelay = true;
        await using var local = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await using var tunnel = await client.ConnectAsync(target, cancellationToken);
            await relay.RunAsync(local, local, tunnel, cancellationToken);
        }
        catch (IOException e)
        {
            // A quiet end would let what was cut off look whole.
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            await log.WriteLineAsync($"clusterproxy: {socket.RemoteEndPoint}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            // Asked to end.
        }
        finally
        {
            _slots.Release();
        }
    }
}
