using ClusterProxy.Hosting.Reloading;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Tests.Reloading;

/// <summary>How soon a change is known, by a clock that the test moves: a busy machine cannot make it later or earlier.</summary>
public sealed class FileReloaderTests : IAsyncDisposable
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTime _time = new();
    private readonly RecordingLogger _logger = new();
    private readonly ObservedCount _rounds = new();
    private readonly List<ReloadOutcome> _outcomes = [];
    private readonly FileReloader _reloader;
    private readonly ReloadingFile<string> _file;

    public FileReloaderTests()
    {
        File.WriteAllText(_folder.File("f"), "good 1");
        _file = new ReloadingFile<string>(
            [new FlagFile("f", _folder.File("f"))],
            static texts => texts[0] == "odd" ? throw new InvalidOperationException("a defect")
                : texts[0].StartsWith("good", StringComparison.Ordinal) ? texts[0]
                : throw new FormatException("bad"));
        _reloader = new FileReloader(_logger, _time);
        _reloader.Add(_file, _outcomes.Add);
        _reloader.Add("rounds", () => _rounds.Add(1));
        _reloader.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _reloader.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task GoodContent_IsInUse_WithinASecond()
    {
        File.WriteAllText(_folder.File("f"), "good 2");

        Assert.True(await ElapsedUntilAsync(() => _file.Value == "good 2") <= Promise);
        Assert.Equal([ReloadOutcome.Reloaded], _outcomes);
    }

    [Fact]
    public async Task BadContent_IsTold_WithinASecond_AndTheLastGoodStays()
    {
        File.WriteAllText(_folder.File("f"), "nonsense");

        Assert.True(await ElapsedUntilAsync(() => _outcomes.Count > 0) <= Promise);
        Assert.Equal([ReloadOutcome.Refused], _outcomes);
        Assert.Equal("good 1", _file.Value);
    }

    [Fact]
    public async Task Content_ThatItsReaderItselfFailsAt_IsARefusal_AndTheLoopGoesOn()
    {
        File.WriteAllText(_folder.File("f"), "odd");

        Assert.True(await ElapsedUntilAsync(() => _outcomes.Count > 0) <= Promise);
        Assert.Equal([ReloadOutcome.Refused], _outcomes);
        Assert.Equal("good 1", _file.Value);
        var said = Assert.Single(_logger.Entries);
        Assert.Equal(("FileFailed", LogLevel.Error), (said.Id.Name, said.Level));

        File.WriteAllText(_folder.File("f"), "good 2");

        Assert.True(await ElapsedUntilAsync(() => _file.Value == "good 2") <= Promise);
    }

    [Fact]
    public async Task Look_ThatThrows_IsSaidOnce_AndTheOthersComeAllTheSame()
    {
        var time = new ManualTime();
        var looks = new ObservedCount();
        await using var reloader = new FileReloader(_logger, time);
        reloader.Add("broken", static () => throw new InvalidOperationException("a defect"));
        reloader.Add("whole", looks.Increment);
        reloader.Start();

        for (var round = 1; round <= 3; round++)
        {
            time.Advance(FileReloader.Interval);
            await looks.WaitForAsync(round).DefaultTimeout();
        }

        var said = Assert.Single(_logger.Entries);
        Assert.Equal(("LookFailed", LogLevel.Error), (said.Id.Name, said.Level));
    }

    /// <summary>From a change at the worst moment, right behind a look.</summary>
    private async Task<TimeSpan> ElapsedUntilAsync(Func<bool> holds)
    {
        var elapsed = TimeSpan.Zero;
        while (!holds())
        {
            Assert.True(elapsed < 10 * Promise, "it never came");
            var round = _rounds.Value + 1;
            _time.Advance(FileReloader.Interval);
            elapsed += FileReloader.Interval;
            await _rounds.WaitForAsync(round).DefaultTimeout();
        }

        return elapsed;
    }
}
