using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The transports that are in use, one a cluster. One that nobody used for a while is closed; a changed cluster gets another.</summary>
internal sealed class ClusterTransports : IAsyncDisposable
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClusterTransport> _byName = new(StringComparer.Ordinal);
    private readonly Func<Cluster, ClusterTransport> _create;
    private readonly TimeProvider _time;
    private readonly IDisposable _subscription;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sweeping;

    public ClusterTransports(ClusterCatalog catalog, Func<Cluster, ClusterTransport> create, TimeProvider time)
    {
        _create = create;
        _time = time;
        _subscription = catalog.Subscribe(Changed);
        _sweeping = SweepAsync(_stop.Token);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byName.Count;
            }
        }
    }

    /// <exception cref="Kubernetes.Configuration.KubeConfigException">The cluster's authorities cannot be used.</exception>
    public ClusterTransport Get(Cluster cluster)
    {
        lock (_gate)
        {
            var known = _byName.GetValueOrDefault(cluster.Name);

            // A request that looked the cluster up before it changed uses what is there now, and not the other way round.
            if (known is null || (known.Cluster.Version < cluster.Version && !IsSameWay(known.Cluster, cluster)))
            {
                known?.Retire();
                _byName[cluster.Name] = known = _create(cluster);
            }

            known.LastUsed = _time.GetTimestamp();
            return known;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await _stop.CancelAsync();
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        lock (_gate)
        {
            foreach (var transport in _byName.Values)
            {
                transport.Retire();
            }

            _byName.Clear();
        }
    }

    private static bool IsSameWay(Cluster one, Cluster other) =>
        one.Endpoint.IsSameWay(other.Endpoint) && one.Credential.Fingerprint == other.Credential.Fingerprint
        && one.Credential.Type == other.Credential.Type;

    private void Changed(ClusterChange change)
    {
        lock (_gate)
        {
            if (_byName.TryGetValue(change.Latest.Name, out var known) && (change.After is null || !IsSameWay(known.Cluster, change.After)))
            {
                known.Retire();
                _byName.Remove(change.Latest.Name);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(SweepInterval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            lock (_gate)
            {
                foreach (var (name, transport) in _byName.ToArray())
                {
                    if (_time.GetElapsedTime(transport.LastUsed) > IdleLimit && transport.IsUnused)
                    {
                        transport.Retire();
                        _byName.Remove(name);
                    }
                }
            }
        }
    }
}
