using System.Collections.Concurrent;
using ClusterProxy.Client.Servers;

namespace ClusterProxy.Client.Tests.Servers;

public sealed class SpareThreadsTests
{
    [Fact]
    public async Task Run_BesideWorkThatHangs_IsDone()
    {
        var threads = new SpareThreads();
        using var release = new ManualResetEventSlim();
        var hanging = Enumerable.Range(0, 3).Select(_ => threads.RunAsync(release.Wait)).ToArray();

        await threads.RunAsync(static () => { }).DefaultTimeout();

        Assert.All(hanging, static task => Assert.False(task.IsCompleted));
        release.Set();
        await Task.WhenAll(hanging).DefaultTimeout();
    }

    [Fact]
    public async Task Run_OneAfterTheOther_TakesThreadsThatAreThere()
    {
        const int Count = 200;
        var threads = new SpareThreads();
        var seen = new ConcurrentDictionary<Thread, bool>();

        for (var i = 0; i < Count; i++)
        {
            await threads.RunAsync(() => seen.TryAdd(Thread.CurrentThread, true)).DefaultTimeout();
        }

        Assert.InRange(seen.Count, 1, Count - 1);
        Assert.DoesNotContain(seen.Keys, static thread => thread.IsThreadPoolThread);
    }

    [Fact]
    public async Task Run_WorkThatFails_FailsItsTaskOnly()
    {
        var threads = new SpareThreads();

        await Assert.ThrowsAsync<IOException>(() => threads.RunAsync(static () => throw new IOException())).DefaultTimeout();

        await threads.RunAsync(static () => { }).DefaultTimeout();
    }
}
