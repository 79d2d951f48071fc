namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// Lets what waits for a socket go on on the thread that learns of it. Waking a second thread for each was a third of the work
/// of a proxied byte. What runs so must not block, and must not stay: see <see cref="SocketTurns"/>.
/// </summary>
public static class InlineSocketCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Call before the process opens its first socket. An operator's own setting is left alone.</summary>
    public static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
