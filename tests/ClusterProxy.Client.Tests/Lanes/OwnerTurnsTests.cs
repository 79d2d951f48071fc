using ClusterProxy.Client.Lanes;

namespace ClusterProxy.Client.Tests.Lanes;

public sealed class OwnerTurnsTests
{
    private readonly OwnerTurns _turns = new();
    private readonly TaskCompletionSource _readerEnded = NewSource();

    [Fact]
    public async Task Schedule_WhileTheReaderReads_RunsWhenItWaits()
    {
        var second = new TaskCompletionSource<bool>();
        var ran = NewSource();
        var reading = ReadAsync([Task.FromResult(true), second.Task], () => _turns.Schedule(_ => ran.SetResult(), null));
        await ran.Task.DefaultTimeout();
        Assert.False(reading.IsCompleted);
        second.SetResult(false);
        await reading.DefaultTimeout();
    }

    [Fact]
    public async Task Schedule_OwnerThatBlocks_HoldsNeitherTheReaderNorOthersUp()
    {
        var second = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var unblock = new ManualResetEventSlim();
        var blocked = NewSource();
        var other = NewSource();
        var reading = Task.Run(() => ReadAsync([Task.FromResult(true), second.Task], () =>
        {
            _turns.Schedule(
                _ =>
                {
                    blocked.SetResult();
                    unblock.Wait(TimeSpan.FromSeconds(60));
                },
                null);
            _turns.Schedule(_ => other.SetResult(), null);
        }));
        await other.Task.DefaultTimeout();
        await blocked.Task.DefaultTimeout();
        second.SetResult(false);
        await _readerEnded.Task.DefaultTimeout();
        unblock.Set();
        await reading.DefaultTimeout();
    }

    [Fact]
    public async Task Schedule_MoreHasComeAlready_RunsWhileTheReaderGoesOn()
    {
        var ran = NewSource();
        await ReadAsync([Task.FromResult(true), Task.FromResult(true), Task.FromResult(false)], () => _turns.Schedule(_ => ran.TrySetResult(), null))
            .DefaultTimeout();
        await ran.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Schedule_ReaderFails_RunsAllTheSame()
    {
        var ran = NewSource();
        var reading = ReadAsync([Task.FromResult(true)], () =>
        {
            _turns.Schedule(_ => ran.SetResult(), null);
            throw new IOException("no packet");
        });
        await Assert.ThrowsAsync<IOException>(() => reading).DefaultTimeout();
        await ran.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Schedule_NobodyReads_RunsOnThePool()
    {
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _turns.Schedule(_ => ran.SetResult(Thread.CurrentThread.IsThreadPoolThread), null);
        Assert.True(await ran.Task.DefaultTimeout());
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A lane's reader, for which bytes come as <paramref name="reads"/> say.</summary>
    private async Task ReadAsync(Task<bool>[] reads, Action onRead)
    {
        try
        {
            foreach (var read in reads)
            {
                if (!await _turns.WaitFor(new ValueTask<bool>(read)))
                {
                    return;
                }

                onRead();
            }
        }
        finally
        {
            _turns.End();
            _readerEnded.SetResult();
        }
    }
}
