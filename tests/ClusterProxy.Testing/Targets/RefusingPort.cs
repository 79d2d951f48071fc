using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>A port that refuses: bound, so that nobody else gets it, and never listening.</summary>
public sealed class RefusingPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RefusingPort()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    public string Address => EndPoint.ToString();

    public void Dispose() => _socket.Dispose();
}
