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
        return await MeasureAsync(topology, () => Task.Delay(length, cancellationToken), counter);
    }

    /// <param name="topology">Whose use is read.</param>
    /// <param name="until">What ends the window.</param>
    /// <param name="counter">Of the load.</param>
    public async Task<WindowFigures> MeasureAsync(Topology topology, Func<Task> until, Func<long> counter)
    {
        var before = topology.ReadUse();
        var own = ProcFiles.Read(Environment.ProcessId);
        var count = counter();
        var started = Stopwatch.GetTimestamp();
        _open = true;
        await until();
        _open = false;
        count = counter() - count;
        var elapsed = Stopwatch.GetElapsedTime(started);
        var after = topology.ReadUse();
        var ownAfter = ProcFiles.Read(Environment.ProcessId);
        return new WindowFigures(
            elapsed.TotalSeconds, count, after.CpuSeconds - before.CpuSeconds, ownAfter.CpuSeconds - own.CpuSeconds, after.ResidentBytes);
    }
}
