using System.Collections.Concurrent;
using System.Net.Sockets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Targets;

/// <summary>
/// The connections of one tunnel. A connection is open, and found by its id, until the tunnel's end of it is over; it is
/// running until its socket is closed too.
/// </summary>
internal sealed class TunnelTargets
{
    private readonly ConcurrentDictionary<long, TargetConnection> _open = new();
    private readonly OwnedTasks<TargetConnection> _running;
    private readonly TunnelWriter _writer;
    private readonly TunnelFeatureSet _features;
    private readonly TunnelRoundTrip? _roundTrip;
    private readonly AgentContext _context;
    private readonly Action<TunnelConnection> _onEnded;
    private readonly Action<TargetConnection> _onTurned;

    /// <param name="writer">The tunnel.</param>
    /// <param name="features">What both ends of the tunnel announced.</param>
    /// <param name="context">The agent.</param>
    /// <param name="roundTrip">The tunnel's, if it is measured.</param>
    public TunnelTargets(TunnelWriter writer, TunnelFeatureSet features, AgentContext context, TunnelRoundTrip? roundTrip)
    {
        _writer = writer;
        _roundTrip = roundTrip;
        _features = features;
        _context = context;
        _running = new OwnedTasks<TargetConnection>(EndAsync);
        _onEnded = OnEnded;
        _onTurned = _running.Run;
    }

    public int Count => _running.Count;

    public TargetConnection? Find(long connectId) => _open.GetValueOrDefault(connectId);

    /// <summary>Makes the connection known to the reader. It carries nothing before <see cref="Start"/>.</summary>
    public TargetConnection Open(PendingDial dial, Socket socket)
    {
        var tunnel = new TunnelConnection(
            _writer, dial.ConnectId, TunnelRole.Dialed, _features, _context.Limits, _context.Time, _context.Metrics, _onEnded, _roundTrip);
        var connection = new TargetConnection(dial.ConnectionId, socket, tunnel, _context.Limits, _context.Time, _onTurned);
        _open[dial.ConnectId] = connection;
        return connection;
    }

    public void Start(TargetConnection connection)
    {
        _context.Metrics.ConnectionOpened();
        _running.Add(connection);
        connection.Start();
    }

    /// <summary>
    /// Ends every open connection and tells the server, if it still listens. One whose frontend had closed goes on until its
    /// target has taken the last bytes.
    /// </summary>
    public void AbortAll(CloseReason reason)
    {
        foreach (var connection in _open.Values)
        {
            connection.Tunnel.Abort(reason);
        }
    }

    public void ResetAll()
    {
        foreach (var connection in _running.Snapshot())
        {
            connection.Reset();
        }
    }

    public Task WhenAllAsync() => _running.WhenAllAsync();

    private void OnEnded(TunnelConnection tunnel)
    {
        if (_open.TryRemove(tunnel.ConnectId, out var connection))
        {
            connection.TunnelEnded();
        }
    }

    private async Task EndAsync(TargetConnection connection)
    {
        var reason = await connection.EndAsync();
        _context.Metrics.ConnectionClosed(reason);
        AgentLog.ConnectionClosed(_context.Logger, connection.Id, reason);
    }
}
