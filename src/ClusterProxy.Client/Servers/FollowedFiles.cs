using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Servers;

/// <summary>
/// What is made of files that belong together. They are read at each use and parsed when they changed; content that cannot be used
/// leaves the last good one in use. A client shakes hands seldom, so it needs no loop and nothing to dispose.
/// </summary>
/// <typeparam name="T">What is made of them.</typeparam>
internal sealed class FollowedFiles<T>
    where T : class
{
    /// <summary>Files that are replaced one after the other belong together again long before.</summary>
    private static readonly TimeSpan Change = TimeSpan.FromSeconds(5);

    private readonly string[] _paths;
    private readonly Func<string[], T> _parse;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private string[] _seen;
    private string _doubtful = "";
    private long _doubtedAt;
    private T _value;

    /// <param name="option">That names the files, for the error.</param>
    /// <param name="paths">Read together, in this order.</param>
    /// <param name="parse">Gets their contents.</param>
    /// <param name="log">Told of content that cannot be used.</param>
    /// <param name="time">Clock of how long it has been so.</param>
    /// <exception cref="ArgumentException">The files cannot be used now.</exception>
    public FollowedFiles(string option, string[] paths, Func<string[], T> parse, ILogger log, TimeProvider time)
    {
        _paths = paths;
        _parse = parse;
        _log = log;
        _time = time;
        try
        {
            _seen = Read();
            _value = parse(_seen);
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            throw new ArgumentException($"{option}: {string.Join(", ", paths)} cannot be used: {e.Message}", e);
        }
    }

    public T Value
    {
        get
        {
            lock (_gate)
            {
                Look();
                return _value;
            }
        }
    }

    private void Look()
    {
        var contents = Array.Empty<string>();
        try
        {
            contents = Read();
            if (!contents.SequenceEqual(_seen, StringComparer.Ordinal))
            {
                _value = _parse(contents);
                _seen = contents;
            }
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            Doubt(contents.Length == 0 ? e.Message : string.Join('\0', contents), e.Message);
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
