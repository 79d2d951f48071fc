using System.Collections.Immutable;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>
/// The clusters that the gateway knows. Readers take a <see cref="Snapshot"/>, which never changes; sources change one cluster at a time
/// under a lock, and subscribers hear of each change in order.
/// </summary>
/// <param name="firstVersion">
/// Versions grow from here on. The clock's microseconds at the start keep them growing across restarts, so that a watcher of the last
/// run is told that its version is too old instead of being given another history under the same numbers.
/// </param>
/// <param name="metrics">Counts problems.</param>
/// <param name="logger">Told of problems.</param>
internal sealed class ClusterCatalog(ulong firstVersion, GatewayMetrics metrics, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClusterClaims> _claims = new(StringComparer.Ordinal);
    private ImmutableArray<IClusterSource> _sources = [];
    private ImmutableArray<Action<ClusterChange>> _subscribers = [];
    private ImmutableSortedDictionary<string, ClusterProblem> _problems = ImmutableSortedDictionary<string, ClusterProblem>.Empty;
    private ClusterSnapshot _snapshot = ClusterSnapshot.Empty(firstVersion);

    public ClusterSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Every source has told what was there at its start.</summary>
    public bool IsSynced => Missing is null;

    /// <summary>What the first source that has not told all yet still owes, and why; null when none does.</summary>
    public string? Missing => _sources.Select(static s => s.Missing).FirstOrDefault(static m => m is not null);

    /// <summary>By source: what could not be read.</summary>
    public ImmutableSortedDictionary<string, ClusterProblem> Problems => Volatile.Read(ref _problems);

    public Cluster? Find(string name) => Snapshot.Find(name);

    /// <summary>As <see cref="Find(string)"/>, for a caller who is to be told why there is none.</summary>
    /// <param name="name">The cluster's.</param>
    /// <param name="missing">As <see cref="Missing"/>, from before the look: a cluster that came in between is found and not called missing.</param>
    public Cluster? Find(string name, out string? missing)
    {
        missing = Missing;
        return Find(name);
    }

    /// <summary>Before anybody reads.</summary>
    public void Add(IClusterSource source)
    {
        _sources = _sources.Add(source);
        source.Start(this);
    }

    /// <summary>Hears every change that comes after, one at a time and in order; must return at once and not throw.</summary>
    public IDisposable Subscribe(Action<ClusterChange> subscriber)
    {
        lock (_gate)
        {
            _subscribers = _subscribers.Add(subscriber);
        }

        return new Subscription(this, subscriber);
    }

    /// <summary>As <see cref="Subscribe(Action{ClusterChange})"/>, with the snapshot after which the first change comes.</summary>
    public IDisposable Subscribe(Action<ClusterChange> subscriber, out ClusterSnapshot snapshot)
    {
        lock (_gate)
        {
            snapshot = _snapshot;
            return Subscribe(subscriber);
        }
    }

    /// <summary>
    /// What a source says of a cluster now. A description that cannot be used takes the cluster away: another than the one that somebody
    /// wrote must not stay in use. A cluster is the source's that described it first until that one withdraws it, broken or not; then it
    /// is the next one's.
    /// </summary>
    /// <param name="source">Who says it.</param>
    /// <param name="name">The cluster's.</param>
    /// <param name="where">The Secret or file, for people.</param>
    /// <param name="project">Null when the cluster is gone.</param>
    public void Describe(IClusterSource source, string name, string where, Func<Cluster>? project)
    {
        lock (_gate)
        {
            if (project is null)
            {
                Clear(Key(source, name));
            }

            var claims = _claims.TryGetValue(name, out var known) ? known : _claims[name] = new ClusterClaims();
            var owner = claims.First;
            claims.Set(source, project is null ? null : new ClusterClaim(source, where, project));
            if (claims.First is not { } first)
            {
                _claims.Remove(name);
                Remove(name);
            }
            else if (ReferenceEquals(first.Source, source) || !ReferenceEquals(first.Source, owner?.Source))
            {
                Clear(Key(first.Source, name));
                Use(name, first);
            }
            else if (project is not null)
            {
                Report(new ClusterProblem(Key(source, name), $"{where}: cluster \"{name}\" is described elsewhere already; remove one of the two"));
            }
        }
    }

    /// <summary>A description that cannot be used.</summary>
    public void Report(ClusterProblem problem)
    {
        lock (_gate)
        {
            if (_problems.GetValueOrDefault(problem.Source) == problem)
            {
                return;
            }

            Volatile.Write(ref _problems, _problems.SetItem(problem.Source, problem));
        }

        metrics.Catalog.DescriptionRefused();
        logger.DescriptionRefused(problem.Source, problem.Reason);
    }

    /// <summary>The description is gone or good again.</summary>
    public void Clear(string source)
    {
        lock (_gate)
        {
            Volatile.Write(ref _problems, _problems.Remove(source));
        }
    }

    /// <summary>Must hold _gate.</summary>
    private void Use(string name, ClusterClaim claim)
    {
        if (Try(claim.Source, name, claim.Where, claim.Project) is not { } cluster)
        {
            Remove(name);
            return;
        }

        if (cluster.Endpoint.Insecure && _snapshot.Find(name) is not { Endpoint.Insecure: true })
        {
            logger.ClusterInsecure(name, claim.Where);
        }

        Put(cluster);
    }

    private Cluster? Try(IClusterSource source, string name, string where, Func<Cluster> project)
    {
        try
        {
            return project();
        }
        catch (Exception e)
        {
            // Whatever it is, it is this one description's: through here come all clusters, and the loops that watch them.
            if (e is not (FormatException or KubeConfigException))
            {
                logger.DescriptionFailed(where, e);
            }

            Report(new ClusterProblem(Key(source, name), $"{where}: {e.Message}"));
            return null;
        }
    }

    private string Key(IClusterSource source, string name) => _sources.IndexOf(source) <= 0 ? name : $"{name} ({source.GetType().Name})";

    /// <summary>Must hold _gate.</summary>
    private void Put(Cluster cluster)
    {
        var version = _snapshot.Version + 1;
        var after = cluster with { Version = version };
        Publish(
            new ClusterSnapshot(version, _snapshot.ByName.SetItem(cluster.Name, after)),
            new ClusterChange(_snapshot.Find(cluster.Name), after, version));
    }

    /// <summary>Must hold _gate.</summary>
    private void Remove(string name)
    {
        if (_snapshot.Find(name) is { } before)
        {
            var version = _snapshot.Version + 1;
            Publish(new ClusterSnapshot(version, _snapshot.ByName.Remove(name)), new ClusterChange(before, null, version));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }
    }

    /// <summary>Must hold _gate.</summary>
    private void Publish(ClusterSnapshot snapshot, ClusterChange change)
    {
        Volatile.Write(ref _snapshot, snapshot);
        foreach (var subscriber in _subscribers)
        {
            subscriber(change);
        }
    }

    private sealed class Subscription(ClusterCatalog catalog, Action<ClusterChange> subscriber) : IDisposable
    {
        public void Dispose()
        {
            lock (catalog._gate)
            {
                catalog._subscribers = catalog._subscribers.Remove(subscriber);
            }
        }
    }
}
