using ClusterProxy.Hosting.Transport;

namespace ClusterProxy.Hosting.Tests.Transport;

public sealed class HandshakeTurnsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Turns_OfWhicheverThread_AreAllTaken_AndNeverMoreAtOnceThanSaid(int atOnce)
    {
        const int Count = 2_000;
        var turns = new HandshakeTurns(atOnce);
        var run = new Run(Count);

        Parallel.For(0, Count, _ => turns.Queue(run));

        await run.Done.DefaultTimeout();
        Assert.InRange(run.Most, 1, atOnce);
    }

    [Fact]
    public async Task Turns_ThatWait_AreTakenInTheirOrder()
    {
        var turns = new HandshakeTurns(1);
        var seen = new List<int>();
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // The first one queues the others, so that all of these wait.
        turns.Queue(new Turn(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                var number = i;
                turns.Queue(new Turn(() => seen.Add(number)));
            }

            turns.Queue(new Turn(() => last.SetResult()));
            Assert.Empty(seen);
        }));

        await last.Task.DefaultTimeout();
        Assert.Equal(Enumerable.Range(0, 100), seen);
    }

    private sealed class Turn(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private sealed class Run(int count) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = count;
        private int _running;
        private int _most;

        public Task Done => _done.Task;

        public int Most => _most;

        public void Execute()
        {
            var running = Interlocked.Increment(ref _running);
            for (var most = _most; running > most; most = _most)
            {
                Interlocked.CompareExchange(ref _most, running, most);
            }

            Thread.SpinWait(100);
            Interlocked.Decrement(ref _running);
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _done.SetResult();
            }
        }
    }
}
