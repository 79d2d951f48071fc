namespace ClusterProxy.Kubernetes.Watching;

/// <summary>A delay that doubles up to a limit, with a fifth of jitter so that many processes do not come back together.</summary>
internal sealed class RetryDelay(TimeSpan first, TimeSpan longest)
{
    private int _doublings;

    public TimeSpan Next()
    {
        var delay = TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, _doublings)));
        _doublings = delay < longest ? _doublings + 1 : _doublings;
        return delay * (1 + (0.2 * Random.Shared.NextDouble()));
    }

    public void Reset() => _doublings = 0;
}
