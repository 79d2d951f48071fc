using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Servers;

/// <summary>
/// What is made of files that belong together. They are read at each use and parsed when they changed; content that cannot be used
/// leaves the last good one in use. A client shakes hands seldom, so it needs no loop and nothing to dispose.
/// </summary>
/// <remarks>
/// A read from a disk that hangs returns when it likes, or never, and nothing takes its thread out of it: each has a spare thread, and
/// there are few, since the paths may lead to another disk at the next handshake.
/// </remarks>
/// <typeparam name="T">What is made of them.</typeparam>
internal sealed class FollowedFiles<T>
    where T : class
{
    /// <summary>Files that are replaced one after the other belong together again long before.</summary>
    private static readonly TimeSpan Change = TimeSpan.FromSeconds(5);

    /// <summary>Far more than a slow network volume takes, and little of what a connection is given.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Reads that have not returned; with so many nobody waits any more.</summary>
    private const int MaxHanging = 4;

    private readonly string _option;
    private readonly string[] _paths;
    private readonly Func<string[], T> _parse;
    private readonly SpareThreads _threads;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private string[] _seen = [];
    private string _doubtful = "";
    private long _doubtedAt;
    private T? _value;
    private Exception? _fault;
    private int _reading;
    private long _begun;
    private long _taken;

    /// <param name="option">That names the files, for the error.</param>
    /// <param name="paths">Read together, in this order.</param>
    /// <param name="parse">Gets their contents.</param>
    /// <param name="threads">On which they are read.</param>
    /// <param name="log">Told of content that cannot be used.</param>
    /// <param name="time">Clock of how long it has been so.</param>
    /// <exception cref="ArgumentException">The files cannot be used now. If they are not read soon, that is left to the first use.</exception>
    public FollowedFiles(string option, string[] paths, Func<string[], T> parse, SpareThreads threads, ILogger log, TimeProvider time)
    {
        _option = option;
        _paths = paths;
        _parse = parse;
        _threads = threads;
        _log = log;
        _time = time;
        _reading = 1;
        LookAsync(CancellationToken.None).GetAwaiter().GetResult();
        lock (_gate)
        {
            if (_fault is { } fault)
            {
                throw new ArgumentException($"{Text} cannot be used: {fault.Message}", fault);
            }
        }
    }

    private string Text => $"{_option}: {string.Join(", ", _paths)}";

    /// <summary>What the files hold now; what they held last when they cannot be used, or are not read soon.</summary>
    /// <exception cref="ServerConnectException">They have never been read.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<T> GetAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _reading) > MaxHanging)
        {
            Interlocked.Decrement(ref _reading);
        }
        else
        {
            await LookAsync(cancellationToken).ConfigureAwait(false);
        }

        lock (_gate)
        {
            return _value ?? throw new ServerConnectException(
                _fault is { } fault
                    ? $"{Text} cannot be used: {fault.Message}"
                    : $"{Text} takes longer than {Patience.TotalSeconds} s to read; look at the disk, or give the path another one",
                _fault);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Start().WaitAsync(Patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            ClientLog.FilesHang(_log, _paths, Patience.TotalSeconds);
        }
    }

    /// <summary>Where no thread can be had, the last good content stays in use, as where a read hangs.</summary>
    private Task Start()
    {
        try
        {
            return _threads.RunAsync(Look);
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            Interlocked.Decrement(ref _reading);
            lock (_gate)
            {
                _fault = e;
                Doubt(e.Message, e.Message);
            }

            return Task.CompletedTask;
        }
    }

    private void Look()
    {
        var turn = Interlocked.Increment(ref _begun);
        var contents = Array.Empty<string>();
        try
        {
            contents = Read();
            Take(turn, contents);
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            lock (_gate)
            {
                _fault = e;
                Doubt(contents.Length == 0 ? e.Message : string.Join('\0', contents), e.Message);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _reading);
        }
    }

    /// <summary>Unless a read that began later has returned before: this one comes from a disk that hung.</summary>
    private void Take(long turn, string[] contents)
    {
        lock (_gate)
        {
            if (turn < _taken)
            {
                return;
            }

            if (!contents.SequenceEqual(_seen, StringComparer.Ordinal))
            {
                _value = _parse(contents);
                _seen = contents;
                _fault = null;
            }

            _taken = turn;
        }
    }

    /// <summary>Two files are not replaced in one step, so what is found wrong may be half of a change; it is told if it stays so.</summary>
    private void Doubt(string content, string error)
    {
        if (_doubtful != content)
        {
            (_doubtful, _doubtedAt) = (content, _time.GetTimestamp());
        }
        else if (_time.GetElapsedTime(_doubtedAt) >= Change)
        {
            ClientLog.FilesRefused(_log, _paths, error);
        }
    }

    private string[] Read() => [.. _paths.Select(File.ReadAllText)];

    private static bool IsOfTheFile(Exception e) =>
        e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;
}
