using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Kubernetes.Leases;

/// <summary>
/// Counts the processes that keep a lease with certain labels alive. While the leases cannot be read the last count stays, since a
/// broken API server must not look like a lost fleet.
/// </summary>
public sealed class LeaseCounter : IAsyncDisposable
{
    private readonly Informer<Lease> _informer;
    private readonly TimeProvider _time;
    private Task _announcing = Task.CompletedTask;
    private int _lastCount = 1;

    /// <param name="client">Owned by the caller.</param>
    /// <param name="inNamespace">Where the leases lie.</param>
    /// <param name="labels">Which of them count.</param>
    /// <param name="observed">Hears of every list and watch.</param>
    public LeaseCounter(KubernetesClient client, string inNamespace, LabelSelector labels, Action<InformerRequest>? observed = null)
    {
        _time = client.Time;
        var options = new InformerOptions<Lease>
        {
            Objects = new ListOptions { Namespace = inNamespace, Labels = labels },
            Observed = observed,
        };
        _informer = client.CreateInformer(KnownResources.Leases, options);
    }

    /// <summary>Never below one: whoever asks knows at least one.</summary>
    public int Count
    {
        get
        {
            if (_informer is { HasSynced: true, LastError: null })
            {
                Volatile.Write(ref _lastCount, Math.Max(1, LiveHolders.Count()));
            }

            return Volatile.Read(ref _lastCount);
        }
    }

    /// <summary>Who holds the valid leases.</summary>
    public IEnumerable<string> LiveHolders
    {
        get
        {
            var now = _time.GetUtcNow();
            return _informer.Snapshot.All
                .Where(l => LeaseExpiry.IsValid(l, now))
                .Select(static l => l.Spec?.HolderIdentity ?? l.Metadata?.Name ?? "");
        }
    }

    /// <summary>Completes when the leases were read once.</summary>
    public Task Synced => _informer.Synced;

    /// <param name="changed">Told when the count may have grown; must return at once.</param>
    public void Start(Action? changed = null)
    {
        if (changed is not null)
        {
            _informer.Subscribe(change =>
            {
                if (change.After is { } now && IsValid(now) && (change.Before is not { } before || !IsValid(before)))
                {
                    changed();
                }
            });
            _announcing = AnnounceAsync(changed);
        }

        _informer.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _informer.DisposeAsync().ConfigureAwait(false);
        await _announcing.ConfigureAwait(false);
    }

    private bool IsValid(Lease lease) => LeaseExpiry.IsValid(lease, _time.GetUtcNow());

    /// <summary>What the first list brought counts only from here on.</summary>
    private async Task AnnounceAsync(Action changed)
    {
        await _informer.Synced.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        changed();
    }
}
