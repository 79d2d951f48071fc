using System.Net;
using System.Net.Sockets;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Hosting.Tests.Transport;

public sealed class DirectSocketListenerTests
{
    [Fact]
    public async Task Unbind_WithClientsThatTheSystemHasLetIn_TakesThemFirst()
    {
        const int Clients = 50;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(Clients);
        await using var listener = new DirectSocketListener(socket, TimeProvider.System, handshakes: null, NullLogger.Instance);
        var clients = new List<Socket>();
        for (var i = 0; i < Clients; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(listener.EndPoint).DefaultTimeout();
            clients.Add(client);
        }

        // Nobody accepts yet: this looks at the queue until somebody has emptied it.
        var unbinding = listener.UnbindAsync();
        var accepted = new List<ConnectionContext>();
        while (await listener.AcceptAsync().DefaultTimeout() is { } connection)
        {
            accepted.Add(connection);
        }

        await unbinding.DefaultTimeout();
        Assert.Equal(Clients, accepted.Count);
        clients.ForEach(static c => c.Dispose());
        foreach (var connection in accepted)
        {
            await connection.DisposeAsync().DefaultTimeout();
        }
    }
}
