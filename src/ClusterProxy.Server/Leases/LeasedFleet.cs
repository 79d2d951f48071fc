using System.Collections.Immutable;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Server.Leases;

/// <summary>
/// The servers that keep a lease. One is in as soon as its lease is seen and valid, and out when it has deleted its lease, or when that
/// has expired and this server has seen its own lease renewed twice since. The latter is the proof that leases still tell of the living:
/// while the API server is gone, hangs, or takes no writes, all leases expire, and nobody leaves; when it is back, everybody has a period
/// to renew. An expired lease that a collector deletes is no goodbye.
/// </summary>
internal sealed class LeasedFleet : IAsyncDisposable
{
    private readonly Informer<Lease> _informer;
    private readonly ResourceName _own;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<Action> _followers = [];
    private ImmutableDictionary<ResourceName, Lease> _members = ImmutableDictionary<ResourceName, Lease>.Empty;
    private Task _firstTelling = Task.CompletedTask;
    private Lease? _ownLease;

    /// <summary>As of when leases are known to have been renewed by whoever lives: the renewal of the own lease before the last one.</summary>
    private DateTimeOffset? _trusted;

    public LeasedFleet(KubernetesClient client, ServerOptions options, TimeProvider time)
    {
        _own = new ResourceName(options.LeaseNamespace, ServerLease.NameOf(options.ServerId));
        _time = time;
        _informer = client.CreateInformer(KnownResources.Leases, new InformerOptions<Lease>
        {
            Objects = new ListOptions { Namespace = options.LeaseNamespace, Labels = LabelSelector.Of(options.LeaseLabel.Labels) },
        });
    }

    /// <summary>Whether leases were read once.</summary>
    public bool IsKnown => _informer.HasSynced;

    /// <summary>The leases of those who are in.</summary>
    public IEnumerable<Lease> Members
    {
        get
        {
            lock (_gate)
            {
                return _members.Values;
            }
        }
    }

    /// <summary>How long ago the own lease was renewed, as the API server tells it; null before it did.</summary>
    public TimeSpan? OwnLeaseAge => _time.GetUtcNow() - OwnLease?.Spec?.RenewTime;

    /// <summary>One sentence while leases say nothing of who has gone.</summary>
    public IReadOnlyList<string> Warnings => OwnLease is { } own && LeaseExpiry.IsValid(own, _time.GetUtcNow())
        ? []
        :
        [
            $"this server's lease {_own} is not seen to be renewed, so servers that have gone are still told of: "
            + (_informer.LastError ?? "it cannot be written, or nothing is heard from the API server"),
        ];

    private Lease? OwnLease
    {
        get
        {
            lock (_gate)
            {
                return _ownLease;
            }
        }
    }

    /// <summary>Before <see cref="Start"/>.</summary>
    /// <param name="changed">Told when members or what their leases say may have changed; must neither throw nor block.</param>
    public void Follow(Action changed) => _followers.Add(changed);

    public void Start()
    {
        _informer.Subscribe(Apply);
        _informer.Start();
        _firstTelling = TellFirstAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _informer.DisposeAsync();
        await _firstTelling;
    }

    private void Apply(ResourceChange<Lease> change)
    {
        lock (_gate)
        {
            var name = change.Latest.Key;
            if (change.After is { } lease)
            {
                NoteOwn(lease);
                if (_members.ContainsKey(name) || LeaseExpiry.IsValid(lease, _time.GetUtcNow()))
                {
                    _members = _members.SetItem(name, lease);
                }
            }
            else if (LeaseExpiry.IsValid(change.Before!, _time.GetUtcNow()))
            {
                _members = _members.Remove(name);
            }

            if (_trusted is { } trusted)
            {
                _members = _members.RemoveRange(_members.Where(m => !LeaseExpiry.IsValid(m.Value, trusted)).Select(static m => m.Key));
            }
        }

        Tell();
    }

    /// <summary>Must hold the gate.</summary>
    private void NoteOwn(Lease lease)
    {
        if (lease.Key == _own && lease.Spec?.RenewTime is { } renewed && renewed != _ownLease?.Spec?.RenewTime)
        {
            (_trusted, _ownLease) = (_ownLease?.Spec?.RenewTime, lease);
        }
    }

    /// <summary>What the first list brought counts only from here on.</summary>
    private async Task TellFirstAsync()
    {
        await _informer.Synced.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Tell();
    }

    private void Tell() => _followers.ForEach(static changed => changed());
}
