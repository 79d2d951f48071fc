using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Memory;

/// <summary>
/// Gives memory back once a process that has worked falls quiet, by one collection that moves together what lives. Otherwise it would
/// keep what its last garbage took, since garbage is looked for when something is allocated and at no other time, and the holes that
/// objects of the moment left between those that stay. Such a collection stops all threads, so it waits for the end of the work.
/// </summary>
public sealed class IdleCompaction : IAsyncDisposable
{
    public static readonly TimeSpan ShortestQuiet = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestQuiet = TimeSpan.FromDays(1);

    /// <summary>Looks that the quiet takes.</summary>
    private const int Looks = 3;

    /// <summary>Payload, in bytes a second, that is work although it makes no objects: more than somebody's typing.</summary>
    private const long BusyPayload = 16 * 1024;

    private readonly Rounds _rounds;

    internal IdleCompaction(TimeSpan after, long busyAllocation, Func<Work> done, Action compact, TimeProvider time)
    {
        var interval = after / Looks;
        var spell = new QuietSpell(new Work(busyAllocation, BusyPayload).During(interval), Looks);
        _rounds = new Rounds(interval, time, () =>
        {
            if (spell.BeginsAt(done()))
            {
                compact();
            }
        });
    }

    /// <param name="after">How long the process must have been quiet, within the two limits; 0 for a process that keeps what it has.</param>
    /// <param name="busyAllocation">Bytes of objects a second that are work: more than the process allocates at rest, for looks at files and pings.</param>
    /// <param name="moved">Payload bytes that went through it so far.</param>
    /// <param name="logger">Told of each collection.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Null for 0.</returns>
    public static IdleCompaction? Start(TimeSpan after, long busyAllocation, Func<long> moved, ILogger logger, TimeProvider time) =>
        after == TimeSpan.Zero ? null : new IdleCompaction(
            after, busyAllocation, () => new Work(GC.GetTotalAllocatedBytes(), moved()), () => Compact(logger, time), time);

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();

    private static void Compact(ILogger logger, TimeProvider time)
    {
        var (before, started) = (Environment.WorkingSet, time.GetTimestamp());
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
        var (taken, after) = (time.GetElapsedTime(started), Environment.WorkingSet);
        HostingLog.MemoryCompacted(logger, before >> 20, after >> 20, taken.TotalMilliseconds);
    }
}
