using System.Runtime;
using ClusterProxy.Hosting.Memory;

namespace ClusterProxy.Hosting.Tests.Memory;

public sealed class CollectionHoldTests
{
    private const int Megabyte = 1024 * 1024;

    /// <summary>Other tests of this process collect too, so the best of some tries counts.</summary>
    private const int Tries = 50;

    private static object? _kept;

    [Fact]
    public void Begin_KeepsTheCollectorAway_UntilItsMemoryIsUsedUp()
    {
        Assert.Contains(Enumerable.Range(0, Tries), static _ =>
        {
            CollectionHold.Begin();
            var before = GC.CollectionCount(0);
            Allocate(32 * Megabyte);
            return GCSettings.LatencyMode == GCLatencyMode.NoGCRegion && GC.CollectionCount(0) == before;
        });

        CollectionHold.Begin();
        var held = GC.CollectionCount(0);
        Allocate(256 * Megabyte);
        Assert.NotEqual(held, GC.CollectionCount(0));
    }

    private static void Allocate(int bytes)
    {
        for (var left = bytes; left > 0; left -= 1024)
        {
            _kept = new byte[1000];
        }
    }
}
