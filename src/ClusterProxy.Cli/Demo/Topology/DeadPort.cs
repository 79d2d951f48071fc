using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>A port that refuses connections for as long as this lives: bound, so that nobody else takes it, and never listening.</summary>
internal sealed class DeadPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public DeadPort()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Number = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Number { get; }

    public void Dispose() => _socket.Dispose();
}
