using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Reloading;

/// <summary>
/// Looks at one file, by one read at a time. A read that does not return is given up: what it brings later is not used, and another is
/// tried, since the path may lead to another disk by then. Each holds a thread until it returns, so they are few and the pauses grow.
/// </summary>
/// <param name="name">For people; empty for a look that is no file's.</param>
/// <param name="read">Reads, and gives what takes up what was read.</param>
/// <param name="hangs">Told when a read is given up; null for a look that must not run twice at once, so is waited for however long it takes.</param>
/// <param name="logger">Told likewise.</param>
/// <param name="time">Clock of limit and pauses.</param>
internal sealed class FileLook(string name, Func<Action> read, Action? hangs, ILogger logger, TimeProvider time)
{
    /// <summary>Far more than a slow network volume takes, and soon enough that somebody is told before a short certificate ends.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Reads that have not returned, each with its thread. With pauses that double the last begins after ten minutes.</summary>
    public const int MaxLost = 8;

    private readonly Lock _gate = new();
    private Attempt? _current;
    private int _lost;
    private DateTimeOffset? _since;
    private long _givenUp;
    private string? _defect;

    /// <summary>Whether a read is under way, or the last one was given up.</summary>
    public bool IsLate
    {
        get
        {
            lock (_gate)
            {
                return _current is not null || _since is not null;
            }
        }
    }

    /// <summary>Null when the last read returned.</summary>
    public string? Warning
    {
        get
        {
            lock (_gate)
            {
                return _since is { } since
                    ? $"reading {name} hangs since {since:u}, what was loaded before stays in use; look at the disk, or give the path another one"
                    : null;
            }
        }
    }

    /// <summary>
    /// As <see cref="Run"/>, but what that throws is a defect which concerns no other look. It is said once for as long as it lasts, since
    /// it would come with each round.
    /// </summary>
    public void TryRun()
    {
        try
        {
            Run();
        }
        catch (Exception e)
        {
            if (Interlocked.Exchange(ref _defect, e.Message) != e.Message)
            {
                HostingLog.LookFailed(logger, name, e);
            }
        }
    }

    /// <summary>Reads and takes up, unless that is under way elsewhere or not due.</summary>
    public void Run()
    {
        if (Begin() is not { } attempt)
        {
            return;
        }

        try
        {
            var take = read();
            if (Return(attempt))
            {
                take();
                Volatile.Write(ref _defect, null);
            }
        }
        finally
        {
            End(attempt);
        }
    }

    /// <summary>To be called now and then.</summary>
    public void GiveUpIfHanging()
    {
        lock (_gate)
        {
            if (_current is not { HasReturned: false } attempt || time.GetElapsedTime(attempt.Started) < Limit || (hangs is null && _since is not null))
            {
                return;
            }

            _since ??= time.GetUtcNow() - time.GetElapsedTime(attempt.Started);
            if (hangs is not null)
            {
                _current = null;
                _lost++;
                _givenUp = time.GetTimestamp();
            }
        }

        HostingLog.FileHangs(logger, name, Limit.TotalSeconds);
        hangs?.Invoke();
    }

    /// <summary>None when all are back.</summary>
    private static TimeSpan Pause(int lost) => Limit * ((1 << lost) >> 1);

    private Attempt? Begin()
    {
        lock (_gate)
        {
            if (_current is not null || _lost == MaxLost || (_since is not null && time.GetElapsedTime(_givenUp) < Pause(_lost)))
            {
                return null;
            }

            return _current = new Attempt(time.GetTimestamp());
        }
    }

    /// <returns>Whether what was read counts.</returns>
    private bool Return(Attempt attempt)
    {
        DateTimeOffset? since;
        lock (_gate)
        {
            if (_current != attempt)
            {
                return false;
            }

            attempt.HasReturned = true;
            (since, _since) = (_since, null);
        }

        if (since is { } hung)
        {
            HostingLog.FileReadAgain(logger, name, hung);
        }

        return true;
    }

    /// <summary>However it went.</summary>
    private void End(Attempt attempt)
    {
        lock (_gate)
        {
            if (_current == attempt)
            {
                _current = null;
            }
            else
            {
                _lost--;
            }
        }
    }

    private sealed class Attempt(long started)
    {
        public long Started { get; } = started;

        /// <summary>It can no longer be given up.</summary>
        public bool HasReturned { get; set; }
    }
}
