using System.Net;
using System.Net.Sockets;
using ClusterProxy.Hosting.Logging;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// A transport for Kestrel whose connections read and write their socket inside the caller's own call. Kestrel's own has a pipe
/// and a loop of its own on either side: it reads 4 KiB at a time, copies once more and wakes a thread for each turn, which a
/// proxy pays four times over. It is also the place where the end of the output is a FIN and not the end of the connection.
/// </summary>
/// <param name="bound">Sockets that are bound already, such as a Unix socket that was handed over, by their end point; null for none.</param>
/// <param name="time">Clock of how long the end of a connection may take; the system's when not given.</param>
/// <param name="handshakes">
/// In which connections are worked on before <see cref="DirectSocketConnection.RunReadsInline"/>; the pool's own turns when not given.
/// </param>
/// <param name="logger">Told, some times a second at most, while connections cannot be accepted; nobody is when not given.</param>
public sealed class DirectSocketTransport(
    Func<EndPoint, Socket?>? bound = null, TimeProvider? time = null, HandshakeTurns? handshakes = null, ILogger? logger = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private const int Backlog = 512;

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint;

    /// <exception cref="AddressInUseException">The address is taken.</exception>
    /// <exception cref="SocketException">It cannot be bound for another reason.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = bound?.Invoke(endpoint) ?? Bind(endpoint);
        socket.Listen(Backlog);
        var clock = time ?? TimeProvider.System;
        return ValueTask.FromResult<IConnectionListener>(
            new DirectSocketListener(socket, clock, handshakes, new CappedLogger(logger ?? NullLogger.Instance, clock)));
    }

    private static Socket Bind(EndPoint endpoint)
    {
        var socket = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode == SocketError.AddressAlreadyInUse ? new AddressInUseException(e.Message, e) : e;
        }
    }
}
