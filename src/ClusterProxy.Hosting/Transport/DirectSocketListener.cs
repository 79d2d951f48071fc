using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Transport;

/// <param name="socket">Listening; owned.</param>
/// <param name="time">Clock of its connections.</param>
/// <param name="handshakes">Of its connections; null for the pool's own turns.</param>
/// <param name="logger">Told while connections cannot be accepted.</param>
internal sealed class DirectSocketListener(Socket socket, TimeProvider time, HandshakeTurns? handshakes, ILogger logger) : IConnectionListener
{
    /// <summary>More than a full queue takes, and an end for clients that come all the time.</summary>
    private const int MaxLooks = 3000;

    /// <summary>
    /// Bytes, of which Linux makes twice as many. Its own 208 KiB are full with the third packet of 64 KiB, and whoever sends then
    /// waits for, and is woken by, each packet that is taken.
    /// </summary>
    private const int UnixSendBuffer = 256 * 1024;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Long enough for connections to end, and little beside what a client waits for one. A socket that cannot be accepted says so at
    /// once, and again at once, on the thread that serves all sockets.
    /// </summary>
    private static readonly TimeSpan Exhausted = TimeSpan.FromMilliseconds(100);

    private long _accepted;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(cancellationToken);
                if (SpareHandles.Objection(accepted) is { } objection)
                {
                    accepted.Dispose();
                    await PauseAsync(objection, cancellationToken);
                    continue;
                }

                if (EndPoint is IPEndPoint)
                {
                    accepted.NoDelay = true;
                }
                else
                {
                    accepted.SendBufferSize = UnixSendBuffer;
                }

                return new DirectSocketConnection(_accepted++.ToString("x"), accepted, time, handshakes, EndPoint as UnixDomainSocketEndPoint);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // That connection is gone again; the listener is not.
            }
            catch (SocketException e)
            {
                await PauseAsync(e.Message, cancellationToken);
            }
        }
    }

    /// <summary>Clients that the system has let in already would get a reset, so they are taken first.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            for (var i = 0; i < MaxLooks && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead); i++)
            {
                // The system's queue is not on anybody's clock but the system's.
                await Task.Delay(Look, TimeProvider.System, cancellationToken);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It is closed already, or has to be at once.
        }

        socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task PauseAsync(string trouble, CancellationToken cancellationToken)
    {
        HostingLog.AcceptFailed(logger, EndPoint, trouble);
        return Task.Delay(Exhausted, time, cancellationToken);
    }
}
