using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Leases;

/// <summary>
/// Runs work in one process of many. Clocks of others are not trusted: a leader counts as gone when this process has seen its lease
/// unchanged for the lease's duration.
/// </summary>
public sealed class LeaderGate
{
    private const double Jitter = 0.2;

    private readonly ResourceClient<Lease> _leases;
    private readonly LeaderGateOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Lease? _seen;
    private long _seenAt;
    private volatile bool _isLeader;

    public LeaderGate(KubernetesClient client, LeaderGateOptions options)
    {
        _leases = client.Resource(KnownResources.Leases);
        _options = options;
        _time = client.Time;
        _logger = client.Loggers.CreateLogger<LeaderGate>();
    }

    public bool IsLeader => _isLeader;

    /// <summary>
    /// Waits to be the leader and runs the work; when leadership is lost, cancels it, awaits it, and waits again.
    /// </summary>
    /// <param name="work">Must stop soon when it is cancelled. When it ends by itself the gate gives the lease back and ends too.</param>
    /// <param name="cancellationToken">Ends the work and the waiting; the lease is given back.</param>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await TryHoldAsync(cancellationToken).ConfigureAwait(false))
            {
                KubernetesLog.BecameLeader(_logger, _options.Name);
                if (await LeadAsync(work, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }

            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>True when the work ended by itself.</returns>
    private async Task<bool> LeadAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var lead = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _isLeader = true;
        var working = StartAsync(work, lead.Token);
        var renewing = RenewAsync(lead.Token);
        await Task.WhenAny(working, renewing).ConfigureAwait(false);
        var endedByItself = working.IsCompleted && !lead.IsCancellationRequested;
        try
        {
            await lead.CancelAsync().ConfigureAwait(false);
            await working.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!endedByItself)
        {
            // Leadership is over, and so is the work.
        }
        finally
        {
            _isLeader = false;
            await renewing.ConfigureAwait(false);
            await ReleaseAsync().ConfigureAwait(false);
        }

        return endedByItself;
    }

    /// <summary>Work that throws before its first wait fails like any other.</summary>
    private static async Task StartAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        await work(cancellationToken).ConfigureAwait(false);

    /// <summary>Returns when leadership is lost or given up.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var renewedAt = _time.GetTimestamp();
        while (true)
        {
            await PauseAsync(cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            if (await TryHoldAsync(cancellationToken).ConfigureAwait(false))
            {
                renewedAt = _time.GetTimestamp();
            }
            else if (_seen?.Spec?.HolderIdentity != _options.Holder || _time.GetElapsedTime(renewedAt) >= _options.RenewDeadline)
            {
                KubernetesLog.LostLeadership(_logger, _options.Name);
                return;
            }
        }
    }

    /// <summary>Takes or renews the lease, within the time that a leader has for it.</summary>
    private async Task<bool> TryHoldAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.Period * 2, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var current = await _leases.FindAsync(_options.Name, either.Token).ConfigureAwait(false);
            if (current is null)
            {
                Saw(await _leases.CreateAsync(Held(null), either.Token).ConfigureAwait(false));
                return true;
            }

            Saw(current);
            if (current.Spec?.HolderIdentity is { Length: > 0 } holder && holder != _options.Holder && !HasExpired(current))
            {
                return false;
            }

            Saw(await _leases.UpdateAsync(Held(current), either.Token).ConfigureAwait(false));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception e) when (e is ApiException or IOException)
        {
            var level = e is ApiForbiddenException or ApiUnauthorizedException ? LogLevel.Warning : LogLevel.Debug;
            KubernetesLog.LeaseRenewalFailed(_logger, level, _options.Name, e.Message);
            return false;
        }
    }

    private void Saw(Lease lease)
    {
        if (lease.Metadata?.ResourceVersion != _seen?.Metadata?.ResourceVersion)
        {
            _seenAt = _time.GetTimestamp();
        }

        _seen = lease;
    }

    private bool HasExpired(Lease lease) =>
        _time.GetElapsedTime(_seenAt) >= TimeSpan.FromSeconds(lease.Spec?.LeaseDurationSeconds ?? _options.Duration.TotalSeconds);

    private Lease Held(Lease? current)
    {
        var now = _time.GetUtcNow();
        var lease = current ?? new Lease { Metadata = new ObjectMetadata { Name = _options.Name.Name, Namespace = _options.Name.Namespace } };
        var isOurs = current?.Spec?.HolderIdentity == _options.Holder;
        return lease with
        {
            Spec = (lease.Spec ?? new LeaseSpec()) with
            {
                HolderIdentity = _options.Holder,
                LeaseDurationSeconds = (int)_options.Duration.TotalSeconds,
                AcquireTime = isOurs ? lease.Spec?.AcquireTime ?? now : now,
                RenewTime = now,
                LeaseTransitions = (lease.Spec?.LeaseTransitions ?? 0) + (current is null || isOurs ? 0 : 1),
            },
        };
    }

    /// <summary>The next leader need not wait for the lease to expire. Only what this process wrote last is given back.</summary>
    private async Task ReleaseAsync()
    {
        if (_seen is not { Spec: { } spec } || spec.HolderIdentity != _options.Holder)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(_options.Period * 2, _time);
        try
        {
            Saw(await _leases.UpdateAsync(
                _seen with { Spec = spec with { HolderIdentity = "", LeaseDurationSeconds = 1, RenewTime = _time.GetUtcNow() } },
                deadline.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is ApiException or IOException or OperationCanceledException)
        {
            KubernetesLog.LeaseRenewalFailed(_logger, LogLevel.Debug, _options.Name, e.Message);
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken) =>
        await Task.Delay(_options.Period * (1 + (Jitter * Random.Shared.NextDouble())), _time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
