using ClusterProxy.Kubernetes.Queues;

namespace ClusterProxy.Kubernetes.Tests.Queues;

public sealed class QueueWorkersTests
{
    [Fact]
    public async Task UnexpectedFailure_IsLoggedAsAnError_AndTriedAgain()
    {
        using var log = new FailOnErrorLog("WorkFailed");
        using var queue = new WorkQueue<string>(new WorkQueueOptions { FirstDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        var runs = new ObservedCount();
        await using var workers = new QueueWorkers<string>(
            queue,
            1,
            (_, _) =>
            {
                runs.Increment();
                return runs.Value == 1 ? throw new InvalidOperationException("a bug") : Task.FromResult<TimeSpan?>(null);
            },
            log.CreateFactory().CreateLogger("queue"));
        workers.Start();

        queue.Add("a");

        await runs.WaitForAtLeastAsync(2).DefaultTimeout();
        Assert.Contains(log.Records, static r => r.EventName == "WorkFailed" && r.Exception is InvalidOperationException);
    }

    [Fact]
    public async Task WorkThatAsksForLater_ComesLater()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(new WorkQueueOptions(), time);
        using var log = new FailOnErrorLog();
        var runs = new ObservedCount();
        await using var workers = new QueueWorkers<string>(
            queue,
            1,
            (_, _) =>
            {
                runs.Increment();
                return Task.FromResult<TimeSpan?>(TimeSpan.FromMinutes(5));
            },
            log.CreateFactory().CreateLogger("queue"));
        workers.Start();
        queue.Add("a");
        await runs.WaitForAtLeastAsync(1).DefaultTimeout();

        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(runs.Value >= 2);
        });
    }

    [Fact]
    public async Task Dispose_WaitsForTheWorkInHand()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions(), TimeProvider.System);
        using var log = new FailOnErrorLog();
        var point = new SyncPoint();
        var ended = false;
        var workers = new QueueWorkers<string>(
            queue,
            1,
            async (_, _) =>
            {
                await point.WaitToContinueAsync(CancellationToken.None);
                ended = true;
                return null;
            },
            log.CreateFactory().CreateLogger("queue"));
        workers.Start();
        queue.Add("a");
        await point.WaitUntilReachedAsync().DefaultTimeout();

        var disposing = workers.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        point.Continue();
        await disposing.DefaultTimeout();

        Assert.True(ended);
    }
}
