using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Transport;

/// <param name="socket">Listening; owned.</param>
/// <param name="time">Clock of its connections.</param>
internal sealed class DirectSocketListener(Socket socket, TimeProvider time) : IConnectionListener
{
    private long _accepted;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(cancellationToken);
                if (accepted.LocalEndPoint is IPEndPoint)
                {
                    accepted.NoDelay = true;
                }

                return new DirectSocketConnection(_accepted++.ToString("x"), accepted, time);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }
            catch (SocketException)
            {
                // That connection is gone again; the listener is not.
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
