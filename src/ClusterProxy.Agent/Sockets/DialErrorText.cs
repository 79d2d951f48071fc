using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Sockets;

/// <summary>
/// The one place that words a failed dial. Servers, frontends and alerts match on the words of Go's dialler
/// (proto/README.md, "Error texts"), so the platform's own texts never leave this process.
/// </summary>
internal static class DialErrorText
{
    public static string Timeout(IPAddress address, int port) => $"dial tcp {TargetAddress.Join(address, port)}: i/o timeout";

    public static string LookupTimeout(string host) => $"dial tcp: lookup {host}: i/o timeout";

    public static string Lookup(string host, SocketError error) => $"dial tcp: lookup {host}: " + error switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.NoRecovery => "no such host",
        SocketError.TimedOut => "i/o timeout",
        SocketError.TooManyOpenSockets => "too many open files",
        _ => "server misbehaving",
    };

    public static string Connect(IPAddress address, int port, SocketException failure) =>
        $"dial tcp {TargetAddress.Join(address, port)}: " + failure.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connect: connection refused",
            SocketError.TimedOut => "i/o timeout",
            SocketError.HostUnreachable => "connect: no route to host",
            SocketError.NetworkUnreachable => "connect: network is unreachable",
            SocketError.ConnectionReset => "connect: connection reset by peer",
            SocketError.HostDown => "connect: host is down",
            SocketError.NetworkDown => "connect: network is down",
            SocketError.AccessDenied => "connect: permission denied",
            SocketError.AddressNotAvailable => "connect: cannot assign requested address",
            SocketError.InvalidArgument => "connect: invalid argument",
            SocketError.AddressFamilyNotSupported => "socket: address family not supported by protocol",
            SocketError.TooManyOpenSockets => "socket: too many open files",
            SocketError.NoBufferSpaceAvailable => "socket: no buffer space available",
            var other => $"connect: {other}",
        };

    public static bool IsTimeout(string text) => text.EndsWith("i/o timeout", StringComparison.Ordinal);
}
