using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>
/// Ports for programs that must be told one. They lie in 10000..32000: below 32768 the kernel hands none to outgoing connections.
/// Someone else may still take one before the program does; who starts a program tries again then.
/// </summary>
internal static class FreePort
{
    private const int First = 10_000;
    private const int Last = 32_000;
    private const int Tries = 1_000;

    public static int[] Find(int count)
    {
        var ports = new HashSet<int>();
        for (var tries = 0; tries < Tries && ports.Count < count; tries++)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (!ports.Contains(port) && IsFree(port))
            {
                ports.Add(port);
            }
        }

        return ports.Count == count
            ? [.. ports]
            : throw new InvalidOperationException($"found no {count} free ports in {First}..{Last} on loopback");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            probe.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
