namespace ClusterProxy.Server.Planes;

/// <summary>
/// Tokens that come at a steady rate and are kept for a while. Whoever comes too early takes the next one that nobody has taken
/// yet, and is told how long that is; so those who wait are served in their order, and nothing runs while nobody comes. Thread-safe.
/// </summary>
internal sealed class TokenBucket
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _longest;
    private readonly long _interval;
    private readonly long _burst;
    private readonly Lock _gate = new();

    // When the next token comes that nobody has taken, as a timestamp; tokens that are kept lie before now.
    private long _next;

    /// <param name="perSecond">Of the rate.</param>
    /// <param name="kept">How old a token may get.</param>
    /// <param name="longest">Who would have to wait longer gets none.</param>
    /// <param name="time">Its clock.</param>
    public TokenBucket(int perSecond, TimeSpan kept, TimeSpan longest, TimeProvider time)
    {
        _time = time;
        _longest = longest;
        _interval = Math.Max(time.TimestampFrequency / perSecond, 1);
        _burst = (long)(kept.TotalSeconds * time.TimestampFrequency);
        _next = time.GetTimestamp() - _burst;
    }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return Next(_time.GetTimestamp()).Wait > _longest;
            }
        }
    }

    /// <summary>Takes a token.</summary>
    /// <returns>When it may be used; null if there is none.</returns>
    public TimeSpan? Take() => Take(_longest);

    /// <summary>Takes a token that comes soon.</summary>
    /// <param name="within">How soon, at most.</param>
    /// <returns>When it may be used; null if there is none.</returns>
    public TimeSpan? Take(TimeSpan within)
    {
        lock (_gate)
        {
            var (token, wait) = Next(_time.GetTimestamp());
            if (wait > within)
            {
                return null;
            }

            _next = token + _interval;
            return wait;
        }
    }

    /// <summary>Whoever took a token had no use for it.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            _next -= _interval;
        }
    }

    private (long Token, TimeSpan Wait) Next(long now)
    {
        var token = Math.Max(_next, now - _burst);
        return (token, token > now ? _time.GetElapsedTime(now, token) : TimeSpan.Zero);
    }
}
