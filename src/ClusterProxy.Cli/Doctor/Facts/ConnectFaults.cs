using System.Net.Sockets;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Words for a connection that did not come about: those that agents and frontends meet in their errors.</summary>
internal static class ConnectFaults
{
    public static Fault Of(PortTarget target, Exception e, TimeSpan timeout)
    {
        var what = target.IsThroughProxy ? $"the proxy {target.Proxy} of HTTPS_PROXY" : target.Text;
        return e switch
        {
            SocketException socket => OfSocket(target, what, socket),
            OperationCanceledException => Timeout(target, what, $"no answer within {timeout.TotalSeconds:0.#} s"),
            _ => new Fault(
                "proxy_refused", $"{what} did not let through to {target.Text}: {e.Message}",
                $"let the proxy through to {target.Host}:{target.Port}, or name {target.Host} in NO_PROXY"),
        };
    }

    private static Fault OfSocket(PortTarget target, string what, SocketException e)
    {
        if (target.EndPoint is UnixDomainSocketEndPoint path)
        {
            return OfUnixSocket(path.ToString()!, e);
        }

        return e.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => new Fault(
                "connection_refused", $"connect to {what}: connection refused: the machine is there and nothing listens on port {target.Port}",
                $"check that the program runs and which port it has ({Ports})"),
            SocketError.TimedOut => Timeout(target, what, "i/o timeout"),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown => new Fault(
                "unreachable", $"connect to {what}: no route to host", $"check routes and network policies from this machine to {target.Host}"),
            SocketError.HostNotFound or SocketError.NoData => new Fault(
                "no_such_host", $"lookup of {what}: no such host", "check the spelling of the name and this machine's DNS"),
            _ => new Fault("connect_failed", $"connect to {what}: {e.Message}", $"check the address, and the network from this machine to {target.Host}"),
        };
    }

    private static Fault OfUnixSocket(string path, SocketException e) => e.SocketErrorCode switch
    {
        _ when !File.Exists(path) => new Fault(
            "no_socket", $"there is no socket {path}", "check --uds-name or --frontend-uds-name of the server, and that its folder is mounted here"),
        SocketError.AccessDenied => new Fault(
            "socket_permission", $"connect to {path}: permission denied", $"run as the socket's owner or in its group (ls -l {path})"),
        SocketError.ConnectionRefused => new Fault(
            "connection_refused", $"connect to {path}: connection refused: the socket was left behind and nobody listens", "start the proxy-server; it replaces the file"),
        _ => new Fault("connect_failed", $"connect to {path}: {e.Message}", "check that it is the socket of a proxy-server"),
    };

    private static Fault Timeout(PortTarget target, string what, string how) => new(
        "timeout", $"connect to {what}: {how}: packets are dropped on the way",
        $"open the firewalls, security groups and network policies between this machine and {target.Host} for port {target.Port}");

    private const string Ports = "8090 frontends, 8091 agents, 8092 health by default";
}
