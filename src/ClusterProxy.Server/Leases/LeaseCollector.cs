using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Server.Leases;

/// <summary>
/// Removes leases of servers that ended without removing them. Every server does so; a lease that was renewed or removed meanwhile is
/// left alone.
/// </summary>
internal sealed class LeaseCollector(
    KubernetesClient client, ListOptions leases, LeaseMetrics metrics, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly ResourceClient<Lease> _leases = client.Resource(KnownResources.Leases);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await CollectAsync(cancellationToken);
            }
            catch (Exception e) when (e is ApiException or IOException)
            {
                logger.LeaseCollectionFailed(e.Message);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        var list = await MeasureAsync(() => _leases.ListAsync(leases, cancellationToken), metrics.Listed);
        foreach (var lease in list.Items.Where(l => !LeaseExpiry.IsValid(l, time.GetUtcNow())))
        {
            try
            {
                var unchanged = new DeleteOptions { ResourceVersion = lease.Metadata?.ResourceVersion };
                if (await MeasureAsync(() => _leases.DeleteAsync(lease.Key, unchanged, cancellationToken), metrics.Deleted))
                {
                    metrics.Culled();
                    logger.LeaseCulled(lease.Key.ToString());
                }
            }
            catch (ApiConflictException)
            {
                // It lives after all.
            }
        }
    }

    private async Task<T> MeasureAsync<T>(Func<Task<T>> send, Action<TimeSpan, ApiException?> record)
    {
        var started = time.GetTimestamp();
        try
        {
            var result = await send();
            record(time.GetElapsedTime(started), null);
            return result;
        }
        catch (ApiException e)
        {
            record(time.GetElapsedTime(started), e);
            throw;
        }
    }
}
