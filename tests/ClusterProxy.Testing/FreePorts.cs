using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Testing;

/// <summary>
/// Ports for programs that must be told one. They lie in 10000..32000: the programs' validation refuses more than 49151, and
/// below 32768 the kernel hands none to outgoing connections. A lock file per port keeps test processes that run side by
/// side apart; the kernel frees it with the process.
/// </summary>
public sealed class FreePorts : IDisposable
{
    private const int First = 10_000;
    private const int Last = 32_000;
    private readonly Lock _gate = new();
    private readonly List<FileStream> _reservations = [];

    /// <summary>Reservations that live as long as the process.</summary>
    public static FreePorts Shared { get; } = new();

    /// <summary>A port that nobody listens on and that no other caller gets.</summary>
    public int Next()
    {
        lock (_gate)
        {
            for (var tries = 0; tries < 1_000; tries++)
            {
                var port = Random.Shared.Next(First, Last + 1);
                if (Reserve(port) is not { } reservation)
                {
                    continue;
                }

                if (IsFree(port))
                {
                    _reservations.Add(reservation);
                    return port;
                }

                reservation.Dispose();
            }
        }

        throw new InvalidOperationException($"no free port in {First}..{Last}");
    }

    public int[] Next(int count)
    {
        var ports = new int[count];
        for (var i = 0; i < count; i++)
        {
            ports[i] = Next();
        }

        return ports;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _reservations.ForEach(r => r.Dispose());
            _reservations.Clear();
        }
    }

    private static FileStream? Reserve(int port)
    {
        var directory = Directory.CreateDirectory(
            Path.Combine(Path.GetTempPath(), $"clusterproxy-ports-{Environment.UserName}"));
        try
        {
            return new FileStream(Path.Combine(directory.FullName, $"{port}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            // Listening on every address is what a program with an empty bind address does.
            using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(probe.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            probe.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
