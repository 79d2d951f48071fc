using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Reloading;

/// <summary>
/// Looks at files at a steady pace. Notifications of the kernel would be quicker, but they do not come for changes made by another
/// machine on a network volume, follow a file and not the symbolic links on the way to it, get lost when their queue overflows, and
/// end where a node has used up its watches. A look that always comes needs no second mechanism beside it.
/// <para>
/// A read from a disk that hangs returns when it likes, or never, and nothing takes its thread out of it. So a round goes on without
/// such a file (see <see cref="FileLook"/>), the others are looked at as before, and it is said.
/// </para>
/// </summary>
public sealed class FileReloader(ILogger logger, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Content that turns out bad is looked at twice, and still all is known within a second.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>For all files together; files of a few kilobytes take microseconds. What takes longer ends beside the next round.</summary>
    private static readonly TimeSpan RoundPatience = TimeSpan.FromSeconds(1);

    private readonly List<FileLook> _looks = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Before <see cref="Start"/>.</summary>
    /// <param name="file">Looked at.</param>
    /// <param name="changed">Told of each outcome but <see cref="ReloadOutcome.Unchanged"/>; must not throw.</param>
    public void Add(ReloadingFile file, Action<ReloadOutcome> changed) => _looks.Add(new FileLook(
        file.ToString(),
        () =>
        {
            var take = file.Read();
            return () =>
            {
                if (take() is var outcome && outcome != ReloadOutcome.Unchanged)
                {
                    if (outcome == ReloadOutcome.Refused && file.Defect is { } defect)
                    {
                        HostingLog.FileFailed(logger, file, defect);
                    }

                    changed(outcome);
                }
            };
        },
        () => changed(ReloadOutcome.Hanging),
        logger, time));

    /// <summary>Before <see cref="Start"/>; called at each round, and never twice at once.</summary>
    /// <param name="name">Of what is read, for people.</param>
    /// <param name="look">Reads and takes up.</param>
    public void Add(string name, Action look) => _looks.Add(new FileLook(
        name,
        () =>
        {
            look();
            return static () => { };
        },
        hangs: null,
        logger, time));

    public void Start() => _loop = RunAsync(_stop.Token);

    /// <summary>One sentence for each file whose reading does not return.</summary>
    public IReadOnlyList<string> Warnings() => [.. _looks.Select(static l => l.Warning).OfType<string>()];

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    await RoundAsync(cancellationToken);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    HostingLog.ReloaderFailed(logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the process.
        }
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        _looks.ForEach(static l => l.GiveUpIfHanging());
        try
        {
            await StartRound().WaitAsync(RoundPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It goes on beside the next one, which passes over the file that it is at.
        }
    }

    /// <summary>While reads hang, on a thread of its own: the pool has few and is short of what they hold.</summary>
    private Task StartRound() => Task.Factory.StartNew(
        Look, CancellationToken.None,
        _looks.Exists(static l => l.IsLate) ? TaskCreationOptions.LongRunning : TaskCreationOptions.None, TaskScheduler.Default);

    private void Look() => _looks.ForEach(static l => l.TryRun());
}
