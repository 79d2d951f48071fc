using System.Runtime.CompilerServices;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// Keeps a loop over one busy socket from staying on the thread that serves all sockets: after some bytes that needed no
/// waiting it goes on on another.
/// </summary>
public struct SocketTurns
{
    /// <summary>Bytes moved without a wait: a fifth of a millisecond's work.</summary>
    private const int MostBytes = 256 * 1024;

    private int _bytes;

    /// <summary>A call was completed at once.</summary>
    /// <param name="bytes">It moved.</param>
    /// <returns>Whether to await <see cref="NextAsync"/> before going on.</returns>
    public bool Moved(int bytes)
    {
        _bytes += bytes;
        if (_bytes < MostBytes)
        {
            return false;
        }

        _bytes = 0;
        return true;
    }

    /// <summary>A call had to wait, and with it the turn ended.</summary>
    public void Waited() => _bytes = 0;

    public static ConfiguredTaskAwaitable NextAsync() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
