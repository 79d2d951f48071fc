using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Leases;

/// <summary>Keeps one lease alive while the process lives, and deletes it at the end. A lease that somebody deleted or took comes back.</summary>
public sealed class LeaseHeartbeat : IAsyncDisposable
{
    private const double Jitter = 0.04;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(7);

    /// <summary>The end of a process must not wait for an API server that is gone.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(5);

    private readonly ResourceClient<Lease> _leases;
    private readonly LeaseHeartbeatOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Of requests: one that was sent may have made the lease, and only its answer says which one to delete.</summary>
    private readonly CancellationTokenSource _giveUp;
    private Task _loop = Task.CompletedTask;
    private Lease? _last;
    private string? _uid;

    public LeaseHeartbeat(KubernetesClient client, LeaseHeartbeatOptions options)
    {
        _leases = client.Resource(KnownResources.Leases);
        _options = options;
        _time = client.Time;
        _giveUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        _logger = client.Loggers.CreateLogger<LeaseHeartbeat>();
    }

    /// <summary>Call once.</summary>
    public void Start() => _loop = RunAsync(_stop.Token);

    /// <summary>Stops renewing and deletes the lease, so that nobody waits for it to expire.</summary>
    public async ValueTask DisposeAsync()
    {
        _giveUp.CancelAfter(LongestGoodbye);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
        await SayGoodbyeAsync().ConfigureAwait(false);
        _giveUp.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var delay = new RetryDelay(FirstDelay, LongestDelay);
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                _last = await RenewAsync(_giveUp.Token).ConfigureAwait(false);
                _uid = _last.Metadata?.Uid;
                delay.Reset();
                pause = _options.Period * (1 + (Jitter * Random.Shared.NextDouble()));
            }
            catch (Exception e) when (e is ApiException or IOException)
            {
                // A conflict too: what is there now is read before the next try.
                _last = null;
                pause = delay.Next();
                var level = LevelOf(e);
                KubernetesLog.LeaseRenewalFailed(_logger, level, _options.Name, e.Message);
            }
            catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static LogLevel LevelOf(Exception e) => e switch
    {
        ApiForbiddenException or ApiUnauthorizedException => LogLevel.Warning,
        ApiConflictException or ApiAlreadyExistsException => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    /// <summary>With what was written last nothing needs to be read.</summary>
    private async Task<Lease> RenewAsync(CancellationToken cancellationToken)
    {
        var current = _last ?? await _leases.FindAsync(_options.Name, cancellationToken).ConfigureAwait(false);
        if (current is null)
        {
            var metadata = new ObjectMetadata { Name = _options.Name.Name, Namespace = _options.Name.Namespace };
            return await _leases.CreateAsync(Renewed(new Lease { Metadata = metadata }), cancellationToken).ConfigureAwait(false);
        }

        return await _leases.UpdateAsync(Renewed(current), cancellationToken).ConfigureAwait(false);
    }

    private Lease Renewed(Lease lease) => lease with
    {
        Metadata = lease.Metadata! with
        {
            Labels = With(lease.Metadata.Labels, _options.Labels!),
            Annotations = With(lease.Metadata.Annotations, _options.Annotations),
        },
        Spec = (lease.Spec ?? new LeaseSpec()) with
        {
            HolderIdentity = _options.Holder,
            LeaseDurationSeconds = (int)_options.Duration.TotalSeconds,
            RenewTime = _time.GetUtcNow(),
        },
    };

    /// <summary>Theirs with ours; null for none, so that no empty field is written.</summary>
    private static Dictionary<string, string>? With(
        IReadOnlyDictionary<string, string>? theirs, IEnumerable<KeyValuePair<string, string?>> ours)
    {
        var all = theirs is null ? [] : new Dictionary<string, string>(theirs, StringComparer.Ordinal);
        foreach (var (key, value) in ours)
        {
            if (value is null)
            {
                all.Remove(key);
            }
            else
            {
                all[key] = value;
            }
        }

        return all.Count > 0 ? all : null;
    }

    private async Task SayGoodbyeAsync()
    {
        if (_uid is null)
        {
            return;
        }

        try
        {
            await _leases.DeleteAsync(_options.Name, new DeleteOptions { Uid = _uid }, _giveUp.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ApiException or IOException or OperationCanceledException)
        {
            KubernetesLog.LeaseNotDeleted(_logger, _options.Name, e.Message);
        }
    }
}
