using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Agent.Sockets;

/// <summary>Connects to the first of several addresses that answers, as RFC 8305, section 5: a new attempt joins every 250 ms or when one fails.</summary>
internal sealed class TcpRace(TimeProvider time)
{
    /// <summary>RFC 8305, section 8, "Connection Attempt Delay".</summary>
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>The connected attempt, or else the failed attempt that stands first in the given order.</summary>
    /// <param name="endPoints">At least one, best first.</param>
    /// <param name="cancellationToken">Ends every attempt; sockets that connected meanwhile are closed.</param>
    /// <exception cref="OperationCanceledException">Cancelled before any attempt had connected.</exception>
    public async Task<TcpAttempt> ConnectAsync(IReadOnlyList<IPEndPoint> endPoints, CancellationToken cancellationToken)
    {
        if (endPoints.Count == 1)
        {
            var only = await AttemptAsync(endPoints[0], cancellationToken);
            if (only.Socket is null)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return only;
        }

        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<TcpAttempt>>();
        var failed = new List<TcpAttempt>();
        TcpAttempt? winner = null;
        for (var next = 0; winner is null && (next < endPoints.Count || running.Count > 0);)
        {
            if (next < endPoints.Count)
            {
                running.Add(AttemptAsync(endPoints[next++], race.Token));
            }

            var ended = Task.WhenAny(running);
            if (next < endPoints.Count)
            {
                using var stagger = CancellationTokenSource.CreateLinkedTokenSource(race.Token);
                var delay = Task.Delay(Stagger, time, stagger.Token);
                var staggered = await Task.WhenAny(ended, delay) == delay;
                await stagger.CancelAsync();
                if (staggered && !cancellationToken.IsCancellationRequested)
                {
                    continue;
                }
            }

            var attempt = await ended;
            running.Remove(attempt);
            var outcome = await attempt;
            winner = outcome.Socket is null ? null : outcome;
            failed.Add(outcome);
        }

        await race.CancelAsync();
        foreach (var late in running)
        {
            (await late).Socket?.Dispose();
        }

        if (winner is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return winner ?? endPoints.Select(e => failed.First(f => ReferenceEquals(f.EndPoint, e))).First();
    }

    private static async Task<TcpAttempt> AttemptAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            KeepAlive(socket);
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new TcpAttempt(endPoint, socket, null);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            return new TcpAttempt(endPoint, null, e);
        }
        catch (OperationCanceledException)
        {
            socket?.Dispose();
            return new TcpAttempt(endPoint, null, null);
        }
    }

    /// <summary>Go's values, which peers and middleboxes of this wire are used to: a dead peer is known after two and a half minutes.</summary>
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 9);
    }
}
