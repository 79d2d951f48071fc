namespace ClusterProxy.Kubernetes.Requests;

/// <summary>A token bucket: so many requests at once, then so many a second, in the order of their coming.</summary>
internal sealed class RequestRateLimit(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1 / perSecond);
    private readonly long _start = time.GetTimestamp();

    /// <summary>When, since the start, the bucket would be full again.</summary>
    private TimeSpan _fullAt;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_start);
            _fullAt = (_fullAt > now ? _fullAt : now) + _interval;
            wait = _fullAt - now - (_interval * Math.Max(1, burst));
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }
}
