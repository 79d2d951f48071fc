namespace ClusterProxy.Testing;

/// <summary>
/// The system's clocks, of which the wall clock jumps when it is told to, as when somebody sets it. Timers and timestamps run as ever:
/// they are of the monotonic clock, which nobody can set.
/// </summary>
public sealed class JumpingTime : TimeProvider
{
    private long _ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));

    /// <param name="by">Forward, or back if it is negative.</param>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
