using ClusterProxy.Kubernetes.Requests;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Queues;

/// <summary>
/// Works on the keys of a queue until it is disposed. What fails is tried again later, by the queue's back-off for that key; failures of
/// the API server and the network are its everyday life, all else is logged as an error.
/// </summary>
/// <param name="queue">Disposed by its owner, after this.</param>
/// <param name="workers">How many keys are worked on at one time.</param>
/// <param name="work">Returns after how long the key is due again; null for when it is added.</param>
/// <param name="logger">Hears of failures.</param>
public sealed class QueueWorkers<TKey>(
    WorkQueue<TKey> queue, int workers, Func<TKey, CancellationToken, Task<TimeSpan?>> work, ILogger logger) : IAsyncDisposable
    where TKey : notnull
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Call once, when what the work reads has synced.</summary>
    public void Start() => _running = Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WorkAsync(_stop.Token)));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var key = await queue.TakeAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await WorkOnAsync(key, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    queue.Done(key);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task WorkOnAsync(TKey key, CancellationToken cancellationToken)
    {
        try
        {
            var again = await work(key, cancellationToken).ConfigureAwait(false);
            queue.Forget(key);
            if (again is { } delay)
            {
                queue.AddAfter(key, delay);
            }
        }
        catch (Exception e) when (e is ApiException or IOException)
        {
            KubernetesLog.WorkRetried(logger, key.ToString() ?? "", queue.AddFailed(key), e.Message);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            KubernetesLog.WorkFailed(logger, key.ToString() ?? "", queue.AddFailed(key), e);
        }
    }
}
