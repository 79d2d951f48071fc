using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using ClusterProxy.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Audit;

/// <summary>
/// An audit's lines: entries are queued where they happen and written, as one line of JSON each, by one task.
/// <code>
///   dial, close, … ─ Write: never waits ─▶ [queue] ─▶ writer ─ many lines at once ─▶ file or standard output
///                        └ full: counted, logged, lost
/// </code>
/// </summary>
public sealed class AuditQueue<TEntry> : IAsyncDisposable
{
    /// <summary>Entries: a few megabytes, and more than a second of what one process can do, should the disk stand still.</summary>
    public const int DefaultCapacity = 16 * 1024;

    private const int BatchBytes = 64 * 1024;

    /// <summary>For what is queued at the end, and no longer: an output that takes nothing must not keep the process alive.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    private readonly Action<Utf8JsonWriter, TEntry> _format;
    private readonly AuditMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Channel<TEntry> _queue;
    private readonly LineRate _strangers;
    private IAuditOutput? _output;
    private Task _writing = Task.CompletedTask;
    private long _lost;
    private bool _broken;

    /// <param name="format">Writes one object; what it does not escape is no line end.</param>
    /// <param name="metrics">Counts lines.</param>
    /// <param name="logger">Told of lost ones.</param>
    /// <param name="time">The clock.</param>
    /// <param name="capacity">Entries that may wait.</param>
    public AuditQueue(
        Action<Utf8JsonWriter, TEntry> format, AuditMetrics metrics, ILogger logger, TimeProvider time, int capacity = DefaultCapacity)
    {
        _format = format;
        _metrics = metrics;
        _logger = logger;
        _time = time;
        _strangers = new LineRate(time);
        _queue = Channel.CreateBounded<TEntry>(new BoundedChannelOptions(capacity) { SingleReader = true });
    }

    /// <summary>Starts to write; entries may have been queued before.</summary>
    /// <param name="output">Owned from here on.</param>
    public void Start(IAuditOutput output)
    {
        _output = output;
        _writing = WriteAsync(output);
    }

    public void Write(TEntry entry)
    {
        if (_queue.Writer.TryWrite(entry))
        {
            return;
        }

        _metrics.Dropped(1);
        if (Interlocked.Increment(ref _lost) == 1)
        {
            HostingLog.AuditFallsBehind(_logger);
        }
    }

    /// <summary>For what anyone can cause who reaches a port.</summary>
    public void WriteOfStranger(TEntry entry)
    {
        if (_strangers.TryTake(out _))
        {
            Write(entry);
        }
        else
        {
            _metrics.Suppressed();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }

        try
        {
            await _writing.WaitAsync(EndTimeout, _time);
            _output?.Dispose();
        }
        catch (TimeoutException)
        {
            HostingLog.AuditLinesLost(_logger, _queue.Reader.Count + Interlocked.Read(ref _lost));
        }
    }

    private async Task WriteAsync(IAuditOutput output)
    {
        var lines = new ArrayBufferWriter<byte>(2 * BatchBytes);
        await using var json = new Utf8JsonWriter(lines);
        try
        {
            while (await _queue.Reader.WaitToReadAsync())
            {
                var count = 0;
                while (lines.WrittenCount < BatchBytes && _queue.Reader.TryRead(out var entry))
                {
                    _format(json, entry);
                    json.Flush();
                    json.Reset();
                    lines.Write("\n"u8);
                    count++;
                }

                Write(output, lines.WrittenSpan, count);
                lines.ResetWrittenCount();
            }
        }
        catch (Exception e)
        {
            HostingLog.AuditFailed(_logger, e);
            throw;
        }
    }

    private void Write(IAuditOutput output, ReadOnlySpan<byte> lines, int count)
    {
        try
        {
            output.Write(lines);
            _metrics.Written(count);
            _broken = false;
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
            {
                HostingLog.AuditLinesLost(_logger, lost);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref _lost, count);
            _metrics.Dropped(count);
            if (!_broken)
            {
                _broken = true;
                HostingLog.AuditUnwritable(_logger, e.Message);
            }
        }
    }
}
