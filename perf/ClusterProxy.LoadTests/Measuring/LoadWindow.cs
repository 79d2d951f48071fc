using System.Diagnostics;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Measuring;

/// <summary>
/// The part of a load that counts. Workers look at <see cref="IsOpen"/> before they record; counters and CPU times are read
/// as it opens and as it closes.
/// </summary>
internal sealed class LoadWindow
{
    private volatile bool _open;

    public bool IsOpen => _open;

    public async Task<WindowFigures> MeasureAsync(
        Topology topology, TimeSpan settle, TimeSpan length, Func<long> counter, CancellationToken cancellationToken)
    {
        await Task.Delay(settle, cancellationToken);
        var before = topology.ReadUse();
        var own = ProcFiles.Read(Environment.ProcessId);
        var count = counter();
        var started = Stopwatch.GetTimestamp();
        _open = true;
        await Task.Delay(length, cancellationToken);
        _open = false;
        count = counter() - count;
        var elapsed = Stopwatch.GetElapsedTime(started);
        var after = topology.ReadUse();
        var ownAfter = ProcFiles.Read(Environment.ProcessId);
        return new WindowFigures(
            elapsed.TotalSeconds, count, after.CpuSeconds - before.CpuSeconds, ownAfter.CpuSeconds - own.CpuSeconds, after.ResidentBytes);
    }
}
