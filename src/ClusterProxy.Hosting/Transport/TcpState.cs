using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ClusterProxy.Hosting.Transport;

/// <summary>What the system knows of a TCP connection: TCP_INFO of tcp(7), so on Linux only. Elsewhere every connection looks open.</summary>
/// <param name="IsOpen">Neither end has closed it.</param>
/// <param name="IsOver">Nothing goes either way any more: it was reset, or both ends have closed it in good order.</param>
/// <param name="SinceLastBytes">Since the system got the last bytes of the peer, read or not.</param>
public readonly record struct TcpState(bool IsOpen, bool IsOver, TimeSpan SinceLastBytes)
{
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const byte Established = 1;
    private const byte Closed = 7;

    /// <summary>Of <c>struct tcp_info</c> in linux/tcp.h: <c>tcpi_state</c> is the first byte.</summary>
    private const int LastDataReceived = 52;

    /// <summary>Null when the socket is closed on this side.</summary>
    public static TcpState? Read(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily == AddressFamily.Unix)
        {
            return new(IsOpen: true, IsOver: false, TimeSpan.Zero);
        }

        Span<byte> info = stackalloc byte[LastDataReceived + sizeof(uint)];
        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfo, info) == info.Length
                ? new(info[0] == Established, info[0] == Closed, TimeSpan.FromMilliseconds(MemoryMarshal.Read<uint>(info[LastDataReceived..])))
                : new(IsOpen: true, IsOver: false, TimeSpan.Zero);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
