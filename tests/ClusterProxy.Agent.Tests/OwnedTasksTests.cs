namespace ClusterProxy.Agent.Tests;

public sealed class OwnedTasksTests
{
    [Fact]
    public async Task WhenAll_AddedAndNotYetRun_Waits()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = new OwnedTasks<string>(_ => gate.Task);
        tasks.Add("one");

        var all = tasks.WhenAllAsync();
        Assert.False(all.IsCompleted);
        tasks.Run("one");
        Assert.False(all.IsCompleted);
        gate.SetResult();

        await all.DefaultTimeout();
        Assert.Equal(0, tasks.Count);
    }

    [Fact]
    public async Task WhenAll_TaskHadFailedBefore_Throws()
    {
        var tasks = new OwnedTasks<string>(static _ => Task.FromException(new InvalidOperationException("fault")));
        tasks.Add("one");
        tasks.Run("one");
        Assert.Equal(0, tasks.Count);

        var thrown = await Assert.ThrowsAsync<AggregateException>(() => tasks.WhenAllAsync().DefaultTimeout());
        Assert.Equal("fault", Assert.Single(thrown.InnerExceptions).Message);
    }

    [Fact]
    public async Task Start_FromWithinALock_RunsElsewhere()
    {
        var ran = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new Lock();
        var tasks = new OwnedTasks<string>(_ =>
        {
            ran.SetResult(held.IsHeldByCurrentThread ? 1 : 0);
            return Task.CompletedTask;
        });
        lock (held)
        {
            tasks.Start("one");
        }

        Assert.Equal(0, await ran.Task.DefaultTimeout());
        await tasks.WhenAllAsync().DefaultTimeout();
    }
}
