using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Threading.Channels;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Audit;

/// <summary>
/// The audit: entries are queued where they happen and written by one task.
/// <code>
///   dial, close, … ─ Write: never waits ─▶ [queue] ─▶ writer ─ many lines at once ─▶ file or standard output
///                        └ full: counted, logged, lost
/// </code>
/// </summary>
internal sealed class AuditLog : IAsyncDisposable
{
    /// <summary>Entries: a few megabytes, and more than a second of what one server can dial, should the disk stand still.</summary>
    private const int DefaultCapacity = 16 * 1024;

    private const int BatchBytes = 64 * 1024;

    /// <summary>For what is queued at the end, and no longer: an output that takes nothing must not keep the process alive.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    private readonly string _serverId;
    private readonly AuditMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Channel<AuditEntry> _queue;
    private readonly AuditRate _strangers;
    private IAuditOutput? _output;
    private Task _writing = Task.CompletedTask;
    private long _lost;
    private bool _broken;

    public AuditLog(string serverId, AuditMetrics metrics, ILogger logger, TimeProvider time, int capacity = DefaultCapacity)
    {
        _serverId = serverId;
        _metrics = metrics;
        _logger = logger;
        _time = time;
        _strangers = new AuditRate(time);
        _queue = Channel.CreateBounded<AuditEntry>(new BoundedChannelOptions(capacity) { SingleReader = true });
    }

    /// <summary>Starts to write; entries may have been queued before.</summary>
    /// <param name="output">Owned from here on.</param>
    public void Start(IAuditOutput output)
    {
        _output = output;
        _writing = WriteAsync(output);
    }

    public void Write(AuditEntry entry)
    {
        if (_queue.Writer.TryWrite(entry))
        {
            return;
        }

        _metrics.Dropped(1);
        if (Interlocked.Increment(ref _lost) == 1)
        {
            _logger.AuditFallsBehind();
        }
    }

    /// <summary>For what anyone can cause who reaches a port.</summary>
    public void WriteOfStranger(AuditEntry entry)
    {
        if (_strangers.TryTake())
        {
            Write(entry);
        }
        else
        {
            _metrics.Suppressed();
        }
    }

    /// <summary>Somebody showed a certificate that does not open the port, or none.</summary>
    /// <param name="plane">Whose port it was.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="shown">What was wrong with it.</param>
    public void HandshakeRefused(string plane, string peer, PeerCertificateResult shown)
    {
        WriteOfStranger(new AuditEntry(AuditEntry.Handshake, _time.GetUtcNow())
        {
            Plane = plane,
            Subject = [.. ((string[])[shown.Subject, shown.Names]).Where(static text => text.Length > 0)],
            Issuer = shown.Issuer,
            Peer = peer,
            Result = shown.Reason,
            Detail = shown.Detail,
        });
    }

    /// <summary>An agent, or a lane, showed a certificate that opens the port and is not let in all the same.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="detail">For people.</param>
    public void AgentRefused(X509Certificate2? certificate, string peer, AgentRefusalReason reason, string detail) =>
        LetInNobody(AuditEntry.Agent, "agent", certificate, peer, reason.ToTag(), detail);

    /// <summary>A server showed a certificate that opens the peer port, and its lane is not taken all the same.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="detail">For people.</param>
    public void PeerRefused(X509Certificate2? certificate, string peer, PeerRefusalReason reason, string detail) =>
        LetInNobody(AuditEntry.Server, PeerPlane.Name, certificate, peer, reason.ToTag(), detail);

    /// <summary>A CONNECT client asked for something that is no dial.</summary>
    /// <param name="subject">Who it was.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="status">What it was answered.</param>
    /// <param name="detail">For people.</param>
    public void RequestRefused(FrontendSubject? subject, string peer, int status, string detail) => Write(
        new AuditEntry(AuditEntry.Request, _time.GetUtcNow())
        {
            Frontend = FrontendNames.Connect,
            Subject = subject?.Names ?? (IReadOnlyCollection<string>)[],
            Peer = peer,
            Result = $"{status}",
            Detail = detail,
        });

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
            _logger.AuditLinesLost(_queue.Reader.Count + Interlocked.Read(ref _lost));
        }
    }

    private void LetInNobody(string name, string plane, X509Certificate2? certificate, string peer, string result, string detail) =>
        WriteOfStranger(new AuditEntry(name, _time.GetUtcNow())
        {
            Plane = plane,
            Subject = certificate is null ? [] : FrontendSubject.Of(certificate).Names,
            Peer = peer,
            Result = result,
            Detail = PeerText.Bound(detail),
        });

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
                    AuditJson.Write(json, _serverId, entry);
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
            _logger.AuditFailed(e);
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
                _logger.AuditLinesLost(lost);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref _lost, count);
            _metrics.Dropped(count);
            if (!_broken)
            {
                _broken = true;
                _logger.AuditUnwritable(e.Message);
            }
        }
    }
}
