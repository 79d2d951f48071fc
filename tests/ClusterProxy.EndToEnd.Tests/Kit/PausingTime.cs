using System.Threading.Channels;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>
/// A clock that moves only over the pauses that somebody makes: what the machine takes for the work between them is no time here.
/// </summary>
/// <param name="least">The shortest timer that is such a pause; others do not move the clock.</param>
/// <param name="longest">The longest.</param>
internal sealed class PausingTime(TimeSpan least, TimeSpan longest) : TimeProvider
{
    private readonly ManualTime _time = new();
    private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>All pauses so far.</summary>
    public TimeSpan Passed { get; private set; }

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public override long GetTimestamp() => _time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = _time.CreateTimer(callback, state, dueTime, period);
        if (least <= dueTime && dueTime <= longest)
        {
            _pauses.Writer.TryWrite(dueTime);
        }

        return timer;
    }

    /// <summary>Waits until the next pause begins, and lets it pass.</summary>
    public async Task PassAsync()
    {
        var pause = await _pauses.Reader.ReadAsync().DefaultTimeout();
        Passed += pause;
        _time.Advance(pause);
    }
}
