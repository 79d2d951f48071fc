using ClusterProxy.Kubernetes.Queues;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Queues;

public sealed class WorkQueueTests(ITestOutputHelper output) : IDisposable
{
    private readonly ManualTime _time = new();
    private WorkQueue<string>? _queue;

    private WorkQueue<string> Queue => _queue ??= new WorkQueue<string>(
        new WorkQueueOptions { FirstDelay = TimeSpan.FromSeconds(1), LongestDelay = TimeSpan.FromSeconds(8) }, _time);

    public void Dispose() => _queue?.Dispose();

    [Fact]
    public async Task KeyThatIsAddedOften_WaitsOnce()
    {
        Queue.Add("a");
        Queue.Add("a");
        Queue.Add("b");

        Assert.Equal(2, Queue.Count);
        Assert.Equal("a", await TakeAsync());
        Assert.Equal("b", await TakeAsync());
        Assert.Equal(0, Queue.Count);
    }

    [Fact]
    public async Task KeyThatIsAddedDuringItsWork_ComesAgainAfterIt()
    {
        Queue.Add("a");
        await TakeAsync();
        Queue.Add("a");
        Queue.Add("a");
        Assert.Equal(0, Queue.Count);

        Queue.Done("a");

        Assert.Equal(1, Queue.Count);
        Assert.Equal("a", await TakeAsync());
        Queue.Done("a");
        Assert.Equal(0, Queue.Count);
    }

    [Fact]
    public void DelayedKey_ComesWhenItIsDue_ByItsShortestDelay()
    {
        Queue.AddAfter("a", TimeSpan.FromSeconds(10));
        Queue.AddAfter("a", TimeSpan.FromSeconds(5));
        Queue.AddAfter("a", TimeSpan.FromSeconds(7));

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, Queue.Count);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, Queue.Count);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, Queue.Count);
    }

    [Fact]
    public void FailedKey_WaitsTwiceAsLongEachTime_UntilItSucceeds()
    {
        Assert.Equal([1, 2, 4, 8, 8], Enumerable.Range(0, 5).Select(_ => Queue.AddFailed("a").TotalSeconds));
        Assert.Equal(1, Queue.AddFailed("b").TotalSeconds);

        Queue.Forget("a");

        Assert.Equal(1, Queue.AddFailed("a").TotalSeconds);
    }

    [Fact]
    public async Task AnyInterleaving_WorksOnEveryKeyAfterItsLastAdd_AndNeverTwiceAtATime()
    {
        var random = SeededRandom.Create(output.WriteLine);
        using var queue = new WorkQueue<int>(new WorkQueueOptions { FirstDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        using var log = new FailOnErrorLog();
        var state = new int[10];
        var seen = new int[10];
        var busy = new int[10];
        var overlaps = 0;
        var failures = 0;
        await using var workers = new QueueWorkers<int>(
            queue,
            4,
            async (key, _) =>
            {
                if (Interlocked.Increment(ref busy[key]) > 1)
                {
                    Interlocked.Increment(ref overlaps);
                }

                var value = Volatile.Read(ref state[key]);
                await Task.Yield();
                Volatile.Write(ref seen[key], value);
                Interlocked.Decrement(ref busy[key]);
                return Interlocked.Increment(ref failures) % 7 == 0 ? throw new IOException("every seventh") : null;
            },
            log.CreateFactory().CreateLogger("queue"));
        workers.Start();
        for (var i = 0; i < 5_000; i++)
        {
            var key = random.Next(10);
            Interlocked.Increment(ref state[key]);
            if (random.Next(4) == 0)
            {
                queue.AddAfter(key, TimeSpan.FromMilliseconds(random.Next(3)));
            }
            else
            {
                queue.Add(key);
            }
        }

        await Eventually.ObserveAsync(() => Task.FromResult(state.SequenceEqual(seen)));
        Assert.Equal(0, overlaps);
    }

    private Task<string> TakeAsync() => Queue.TakeAsync(CancellationToken.None).DefaultTimeout();
}
