namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>How much more is alive than at first. The bounds of tests are generous: a leak or an unbounded queue is far beyond.</summary>
internal sealed class ManagedMemory
{
    private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);

    public void ShouldHaveGrownByLessThan(long mebibytes)
    {
        var grown = GC.GetTotalMemory(forceFullCollection: true) - _before;
        Assert.True(grown < mebibytes * 1024 * 1024, $"{grown / 1024.0 / 1024:F1} MiB more are alive; at most {mebibytes} may be");
    }
}
