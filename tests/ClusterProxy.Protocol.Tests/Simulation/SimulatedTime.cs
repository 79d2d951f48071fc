namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>
/// A clock that moves only when nothing else can. A timer that is due becomes a step like any other, so it may come late, or
/// after it was disposed, as with the pool's.
/// </summary>
internal sealed class SimulatedTime(SimulatedScheduler scheduler) : TimeProvider
{
    private readonly List<SimulatedTimer> _timers = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed { get; private set; }

    public int Armed => _timers.Count;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Elapsed;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer, if it is due before <paramref name="end"/>.</summary>
    public bool MoveOn(TimeSpan end)
    {
        if (_timers.Count == 0 || _timers.Min(static t => t.Due) is var next && next > end)
        {
            return false;
        }

        Elapsed = next > Elapsed ? next : Elapsed;
        for (var i = _timers.Count - 1; i >= 0; i--)
        {
            if (_timers[i] is var timer && timer.Due <= Elapsed)
            {
                _timers.RemoveAt(i);
                scheduler.Schedule(static t => ((SimulatedTimer)t!).Fire(), timer);
            }
        }

        return true;
    }

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Due = time.Elapsed + dueTime;
                time._timers.Add(this);
            }

            return true;
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
