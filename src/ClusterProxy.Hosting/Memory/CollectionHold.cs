using System.Runtime;

namespace ClusterProxy.Hosting.Memory;

/// <summary>
/// Keeps the collector away while a crowd makes many objects that stay. Otherwise it stops all threads every few megabytes to copy what
/// has just been made, and whoever is served waits for it; measured by <c>reconnect-storm</c> in perf.
/// </summary>
public static class CollectionHold
{
    /// <summary>Objects that are made before garbage is looked for again, in place of 4 to 8 MiB: some 800 handshakes of 80 KB each.</summary>
    private const long Size = 64 * 1024 * 1024;

    /// <summary>Of what the process may have, which in a container is less: a hold must not fill it.</summary>
    private const int LargestPart = 8;

    /// <summary>
    /// Begins a hold unless there is one. It ends when its memory is used up, or with the collection of a program that has fallen quiet;
    /// nobody ends it before, since holds in a row would have no collection between them, and no bound. Does nothing where there is not
    /// enough memory for it.
    /// </summary>
    public static void Begin()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            return;
        }

        try
        {
            GC.TryStartNoGCRegion(
                Math.Min(Size, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / LargestPart), disallowFullBlockingGC: true);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException)
        {
            // Another thread was first, or so much is more than a collector of fixed segments has room for.
        }
    }
}
