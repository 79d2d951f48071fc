using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Reloading;

/// <summary>
/// Looks at files at a steady pace. Notifications of the kernel would be quicker, but they do not come for changes made by another
/// machine on a network volume, follow a file and not the symbolic links on the way to it, get lost when their queue overflows, and
/// end where a node has used up its watches. A look that always comes needs no second mechanism beside it.
/// </summary>
public sealed class FileReloader(ILogger logger, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Content that turns out bad is looked at twice, and still all is known within a second.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly List<Action> _looks = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Before <see cref="Start"/>.</summary>
    /// <param name="file">Looked at.</param>
    /// <param name="changed">Told of each outcome but <see cref="ReloadOutcome.Unchanged"/>; must not throw.</param>
    public void Add(ReloadingFile file, Action<ReloadOutcome> changed) => Add(() =>
    {
        if (file.Check() is var outcome && outcome != ReloadOutcome.Unchanged)
        {
            changed(outcome);
        }
    });

    /// <summary>Before <see cref="Start"/>; called at each round.</summary>
    public void Add(Action look) => _looks.Add(look);

    public void Start() => _loop = RunAsync(_stop.Token);

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
                _looks.ForEach(static look => look());
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the process.
        }
        catch (Exception e)
        {
            HostingLog.ReloaderFailed(logger, e);
            throw;
        }
    }
}
