using System.Net.Sockets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Targets;

/// <summary>
/// The dials of one tunnel: each gets one DIAL_RSP, or none when DIAL_CLS took it back first.
/// <code>
///   DIAL_REQ ─▶ pending ─ connected ─▶ known to the reader ─▶ DIAL_RSP queued ─▶ bytes
///                  │  └── failed ────▶ DIAL_RSP with the error
///                  └───── DIAL_CLS ──▶ dropped
/// </code>
/// </summary>
internal sealed class TunnelDials
{
    private readonly TargetDialer _dialer;
    private readonly TunnelWriter _writer;
    private readonly TunnelTargets _targets;
    private readonly AgentContext _context;
    private readonly int _maxPending;
    private readonly OwnedTasks<PendingDial> _tasks;
    private readonly Lock _gate = new();
    private readonly List<PendingDial> _pending = [];
    private readonly RecentDials _recent = new();
    private bool _ended;

    public TunnelDials(TargetDialer dialer, TunnelWriter writer, TunnelTargets targets, AgentContext context, int maxPending)
    {
        _dialer = dialer;
        _writer = writer;
        _targets = targets;
        _context = context;
        _maxPending = maxPending;
        _tasks = new(RunAsync);
    }

    public int Count => _tasks.Count;

    /// <summary>Starts a dial and returns as soon as that has to wait. Only the tunnel's reader calls it.</summary>
    public void Start(DialRequest request, long connectId)
    {
        if (_context.Limits.Budget is { IsExhausted: true } budget)
        {
            AgentLog.BuffersFull(_context.Logger, budget.Capacity);
            _writer.TrySend(PacketFactory.DialResponse(
                request.Random, $"dial tcp: the agent's buffers are full, {budget.Capacity} bytes; {BusyAgentText.TryAgainLater}"));
            return;
        }

        if (_context.MaxConnections is > 0 and var limit && _context.Metrics.OpenConnections + _context.Metrics.PendingDials >= limit)
        {
            AgentLog.TooManyConnections(_context.Logger, limit);
            _context.Metrics.DialOverLimit();
            _writer.TrySend(PacketFactory.DialResponse(
                request.Random, $"dial tcp: the agent has {limit} connections open already, as many as --max-connections allows; {BusyAgentText.TryAgainLater}"));
            return;
        }

        var dial = new PendingDial(request, connectId);
        if (TryAdd(dial))
        {
            _context.Metrics.DialStarted();
            _tasks.Run(dial);
            return;
        }

        AgentLog.TooManyDials(_context.Logger, _maxPending);
        _writer.TrySend(PacketFactory.DialResponse(
            request.Random, $"dial tcp: the agent has {_maxPending} dials pending on this tunnel already; {BusyAgentText.TryAgainLater}"));
    }

    /// <summary>DIAL_CLS: nobody waits for the dial any more. Only the tunnel's reader calls it.</summary>
    public void Cancel(long dialId)
    {
        PendingDial? dial;
        long connectId;
        lock (_gate)
        {
            dial = _pending.FindLast(d => d.DialId == dialId);
            _ = dial is not null && _pending.Remove(dial);
            connectId = _recent.Find(dialId);
        }

        if (dial is not null)
        {
            dial.Cancel();
        }
        else if (connectId != 0 && _targets.Find(connectId) is { } connection)
        {
            connection.Tunnel.Abort(CloseReason.FrontendClosed);
            connection.RequestClose();
        }
    }

    /// <summary>Drops every dial and waits until each has let go of its socket.</summary>
    public async Task EndAsync()
    {
        PendingDial[] left;
        lock (_gate)
        {
            _ended = true;
            left = [.. _pending];
            _pending.Clear();
        }

        foreach (var dial in left)
        {
            dial.Cancel();
        }

        await _tasks.WhenAllAsync();
    }

    private bool TryAdd(PendingDial dial)
    {
        lock (_gate)
        {
            if (_ended || _pending.Count >= _maxPending)
            {
                return false;
            }

            _pending.Add(dial);
            _tasks.Add(dial);
            return true;
        }
    }

    private async Task RunAsync(PendingDial dial)
    {
        var request = dial.Request;
        var started = _context.Time.GetTimestamp();
        var result = await DialAsync(dial);
        var taken = Take(dial, result.Socket);
        if (taken is null)
        {
            result.Socket?.Dispose();
            result = TargetDialResult.Cancelled;
        }

        // Before the answer: who has it may dial again at once, and must not find this dial counted beside its connection.
        var elapsed = _context.Time.GetElapsedTime(started);
        _context.Metrics.DialEnded(result.Outcome, elapsed);
        if (taken is { Connection: { } connection })
        {
            if (!_writer.TrySend(PacketFactory.DialResponse(dial.DialId, dial.ConnectId)))
            {
                connection.Tunnel.Abort(CloseReason.TunnelLost);
            }

            _targets.Start(connection);
        }
        else if (taken is not null)
        {
            _writer.TrySend(PacketFactory.DialResponse(dial.DialId, result.Error));
        }

        var target = PeerText.Bound(request.Address);
        AgentLog.DialEnded(
            _context.Logger, dial.ConnectionId, target, result.Outcome, elapsed.TotalMilliseconds, dial.TraceId, result.Error);
    }

    /// <summary>A defect costs the dial that meets it: it is answered, since whoever asked would wait for ever, and so would the end of the tunnel.</summary>
    private async Task<TargetDialResult> DialAsync(PendingDial dial)
    {
        try
        {
            return await _dialer.DialAsync(dial.Request.Protocol, dial.Request.Address, dial.Cancelled);
        }
        catch (Exception e)
        {
            AgentLog.DialFaulted(_context.Logger, PeerText.Bound(dial.Request.Address), e);
            return TargetDialResult.Failed($"dial tcp: the agent failed in a way that none should: {e.Message}");
        }
    }

    /// <summary>
    /// Null when the dial was taken back. A connection is known to the reader before its DIAL_RSP leaves, since DATA may
    /// follow at once, and from the same moment on a DIAL_CLS finds it.
    /// </summary>
    private (PendingDial Dial, TargetConnection? Connection)? Take(PendingDial dial, Socket? socket)
    {
        lock (_gate)
        {
            if (!_pending.Remove(dial))
            {
                return null;
            }

            if (socket is null)
            {
                return (dial, null);
            }

            _recent.Remember(dial.DialId, dial.ConnectId);
            return (dial, _targets.Open(dial, socket));
        }
    }
}
