namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>
/// How many reviews unknown tokens may cause. A token that somebody was authenticated by goes past the limit when its answer has run
/// out, so that a flood of invented ones keeps out only newcomers.
/// </summary>
internal sealed class StrangerLimit(ReviewOptions options, TimeProvider time)
{
    /// <summary>Far longer than answers are kept, and than a client of any use is silent.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _known = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _fullAt;
    private int _running;

    /// <param name="key">Of the token.</param>
    /// <param name="isStranger">For <see cref="RunAsync"/>, which has to follow: whether it counts.</param>
    /// <returns>False when it may not be asked about now.</returns>
    public bool TryEnter(string key, out bool isStranger)
    {
        isStranger = false;
        if (options.StrangersPerSecond <= 0)
        {
            return true;
        }

        lock (_gate)
        {
            if (_known.TryGetValue(key, out var at) && time.GetElapsedTime(at) < Remembered)
            {
                return true;
            }

            // A bucket that holds a second's worth.
            var now = time.GetElapsedTime(_start);
            var fullAt = (_fullAt > now ? _fullAt : now) + TimeSpan.FromSeconds(1.0 / options.StrangersPerSecond);
            if (_running >= options.StrangersPerSecond || fullAt - now > TimeSpan.FromSeconds(1))
            {
                return false;
            }

            (_fullAt, isStranger) = (fullAt, true);
            _running++;
            return true;
        }
    }

    /// <param name="isStranger">As <see cref="TryEnter"/> said.</param>
    /// <param name="ask">The review.</param>
    public async Task<T> RunAsync<T>(bool isStranger, Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        finally
        {
            if (isStranger)
            {
                lock (_gate)
                {
                    _running--;
                }
            }
        }
    }

    /// <summary>Somebody is authenticated by it.</summary>
    public void Remember(string key)
    {
        if (options.StrangersPerSecond <= 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_known.Count >= options.Capacity && !_known.ContainsKey(key))
            {
                // The one that was good the longest ago.
                _known.Remove(_known.MinBy(static k => k.Value).Key);
            }

            _known[key] = time.GetTimestamp();
        }
    }
}
