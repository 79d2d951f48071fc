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
    private int _lastCount = 1;

    public LeaseCounter(KubernetesClient client, string inNamespace, LabelSelector labels)
    {
        _time = client.Time;
        _informer = client.CreateInformer(
            KnownResources.Leases, new InformerOptions<Lease> { Objects = new ListOptions { Namespace = inNamespace, Labels = labels } });
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
            return _informer.Snapshot.All.Where(l => LeaseExpiry.IsValid(l, now)).Select(static l => l.Spec?.HolderIdentity ?? l.Metadata?.Name ?? "");
        }
    }

    /// <summary>Completes when the leases were read once.</summary>
    public Task Synced => _informer.Synced;

    /// <param name="changed">Told when a lease appears or goes, but not of renewals; must return at once.</param>
    public void Start(Action? changed = null)
    {
        if (changed is not null)
        {
            _informer.Subscribe(change =>
            {
                if (change.Before is null || change.After is null)
                {
                    changed();
                }
            });
        }

        _informer.Start();
    }

    public ValueTask DisposeAsync() => _informer.DisposeAsync();
}
