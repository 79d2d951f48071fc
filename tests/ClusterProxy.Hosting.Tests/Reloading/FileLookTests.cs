using System.Collections.Concurrent;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Hosting.Tests.Reloading;

/// <summary>Reads that do not return until the test lets them, each on a thread of its own, by a clock that the test moves.</summary>
public sealed class FileLookTests
{
    private readonly ManualTime _time = new();
    private readonly RecordingLogger _logger = new();
    private readonly ConcurrentQueue<SyncPoint> _reads = new();
    private readonly ObservedCount _begun = new();
    private readonly List<int> _taken = [];
    private readonly FileLook _look;
    private int _hung;

    public FileLookTests() => _look = new FileLook("--f=x", Read, () => _hung++, _logger, _time);

    [Fact]
    public async Task Read_ThatHangs_IsGivenUp_SaidOnce_AndWhatItBringsLaterIsNotUsed()
    {
        var first = await BeginAsync();
        _time.Advance(FileLook.Limit - TimeSpan.FromTicks(1));
        _look.GiveUpIfHanging();
        Assert.Null(_look.Warning);

        _time.Advance(TimeSpan.FromTicks(1));
        _look.GiveUpIfHanging();
        _look.GiveUpIfHanging();

        Assert.Equal(1, _hung);
        Assert.Contains("--f=x", _look.Warning, StringComparison.Ordinal);
        Assert.Equal("FileHangs", Assert.Single(_logger.Entries).Id.Name);

        _time.Advance(FileLook.Limit);
        var second = await BeginAsync();
        await second.EndAsync();
        await first.EndAsync();

        Assert.Equal([1], _taken);
        Assert.Null(_look.Warning);
        Assert.Equal("FileReadAgain", _logger.Entries[^1].Id.Name);
    }

    [Fact]
    public async Task Read_ThatIsSlow_IsUsed()
    {
        var read = await BeginAsync();
        _time.Advance(FileLook.Limit - TimeSpan.FromTicks(1));
        _look.GiveUpIfHanging();
        _look.Run();
        await read.EndAsync();

        Assert.Equal([0], _taken);
        Assert.Equal((1L, 0), (_begun.Value, _hung));
    }

    [Fact]
    public async Task Look_ThatMustNotRunTwice_IsWaitedFor_AndSaidOnce()
    {
        var look = new FileLook("--clusters-dir=x", Read, hangs: null, _logger, _time);
        var point = new SyncPoint();
        _reads.Enqueue(point);
        var running = Task.Factory.StartNew(look.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await point.WaitUntilReachedAsync().DefaultTimeout();
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(FileLook.Limit);
            look.GiveUpIfHanging();
            look.Run();
        }

        Assert.Contains("--clusters-dir=x", look.Warning, StringComparison.Ordinal);
        Assert.Equal("FileHangs", Assert.Single(_logger.Entries).Id.Name);
        Assert.Equal(1L, _begun.Value);

        await new BegunRead(point, running).EndAsync();

        Assert.Equal([0], _taken);
        Assert.Null(look.Warning);
    }

    [Fact]
    public async Task Reads_ThatHangForEver_AreFew_AndOneIsTriedAgainWhenOneIsBack()
    {
        var hanging = new List<BegunRead>();
        for (var i = 0; i < FileLook.MaxLost; i++)
        {
            hanging.Add(await BeginAsync());
            _time.Advance(FileLook.Limit);
            _look.GiveUpIfHanging();

            // Not before the pause, which doubles.
            _time.Advance((FileLook.Limit * (1 << i)) - TimeSpan.FromTicks(1));
            _look.Run();
            Assert.Equal(i + 1, _begun.Value);
            _time.Advance(TimeSpan.FromTicks(1));
        }

        _time.Advance(TimeSpan.FromDays(1));
        _look.Run();
        Assert.Equal(FileLook.MaxLost, _begun.Value);
        Assert.Equal(FileLook.MaxLost, _hung);

        await hanging[0].EndAsync();
        var last = await BeginAsync();
        await last.EndAsync();
        foreach (var read in hanging.Skip(1))
        {
            await read.EndAsync();
        }

        Assert.Equal([FileLook.MaxLost], _taken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Look_ThatThrows_IsUnderWayNoLonger(bool isGivenUp)
    {
        var point = new SyncPoint();
        var look = new FileLook("--f=x", () => _begun.Value == 0 ? throw Fault(point) : () => _taken.Add(1), () => _hung++, _logger, _time);
        var running = Task.Factory.StartNew(look.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await point.WaitUntilReachedAsync().DefaultTimeout();
        if (isGivenUp)
        {
            _time.Advance(FileLook.Limit);
            look.GiveUpIfHanging();
        }

        point.Continue();
        await Assert.ThrowsAsync<InvalidOperationException>(() => running).DefaultTimeout();
        look.Run();

        Assert.Equal([1], _taken);
        Assert.False(look.IsLate);
    }

    [Fact]
    public void TakingUp_ThatThrows_IsUnderWayNoLonger()
    {
        var look = new FileLook(
            "--f=x", () => () => _taken.Add(_taken.Count == 0 && _begun.Value == 0 ? throw Fault() : 1), () => _hung++, _logger, _time);

        Assert.Throws<InvalidOperationException>(look.Run);
        look.Run();

        Assert.Equal([1], _taken);
        Assert.False(look.IsLate);
    }

    private InvalidOperationException Fault(SyncPoint? until = null)
    {
        until?.WaitToContinueAsync().DefaultTimeout().GetAwaiter().GetResult();
        _begun.Increment();
        return new InvalidOperationException("a defect");
    }

    private async Task<BegunRead> BeginAsync()
    {
        var point = new SyncPoint();
        _reads.Enqueue(point);
        var running = Task.Factory.StartNew(_look.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await point.WaitUntilReachedAsync().DefaultTimeout();
        return new BegunRead(point, running);
    }

    private Action Read()
    {
        Assert.True(_reads.TryDequeue(out var point));
        var number = (int)_begun.Value;
        _begun.Increment();
        point.WaitToContinueAsync().DefaultTimeout().GetAwaiter().GetResult();
        return () => _taken.Add(number);
    }

    private sealed record BegunRead(SyncPoint Point, Task Running)
    {
        public async Task EndAsync()
        {
            Point.Continue();
            await Running.DefaultTimeout();
        }
    }
}
