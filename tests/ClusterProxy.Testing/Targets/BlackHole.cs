using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>
/// A port on which a dial hangs as behind a firewall that drops: a listener with backlog 0 that never accepts. Linux keeps one
/// finished handshake in such a queue and drops every SYN after it, so one filler connection is enough; the others are there
/// in case the kernel rounds the backlog up. Only Linux behaves so: elsewhere a full queue refuses.
/// </summary>
public sealed class BlackHole : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];
    private readonly List<Task> _hangingDials = [];

    private BlackHole()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    public string Address => EndPoint.ToString();

    public static async Task<BlackHole> CreateAsync()
    {
        var hole = new BlackHole();
        await hole.DialAsync().DefaultTimeout();
        for (var i = 0; i < 3; i++)
        {
            hole._hangingDials.Add(hole.DialAsync());
        }

        return hole;
    }

    public async ValueTask DisposeAsync()
    {
        _fillers.ForEach(f => f.Dispose());
        _listener.Dispose();
        foreach (var dial in _hangingDials)
        {
            await dial.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task DialAsync()
    {
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _fillers.Add(filler);
        return filler.ConnectAsync(EndPoint);
    }
}
