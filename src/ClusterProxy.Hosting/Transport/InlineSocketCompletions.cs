using System.Globalization;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// Lets what waits for a socket go on on the thread that learns of it. Waking a second thread for each was a third of the work
/// of a proxied byte. What runs so must not block, and must not stay: see <see cref="SocketTurns"/>.
/// </summary>
public static class InlineSocketCompletions
{
    private const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string Threads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>Call before the process opens its first socket. An operator's own settings are left alone.</summary>
    public static void Enable()
    {
        Set(Inline, "1");

        // By default there is one for each core, and each wakes for one socket at a time. Tunnels' writers need threads, too; with
        // half as many a thread finds several sockets ready when it wakes.
        Set(Threads, Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture));
    }

    private static void Set(string variable, string value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }
}
