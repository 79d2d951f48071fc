using ClusterProxy.Agent.Targets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// Keeps the lanes of one tunnel open. A lane that cannot be had costs nothing but speed, since the server dials on the tunnel
/// itself then; one that is lost ends its connections with a reason and is opened again.
/// </summary>
internal sealed class ServerLanes : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    /// <summary>A path that lets no lane through, such as an HTTP/2 proxy, will not do so soon.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly ServerCall _server;
    private readonly LaneConnector _connector;
    private readonly TunnelFeatureSet _features;
    private readonly TargetDialer _dialer;
    private readonly AgentContext _context;
    private readonly Lock _gate = new();
    private readonly List<ServerStream> _streams = [];
    private readonly OwnedTasks<ServerStream> _finishing;
    private CloseReason _farewell = CloseReason.ShuttingDown;
    private long _dialsOfEnded;

    /// <param name="server">The tunnel.</param>
    /// <param name="connector">Opens lanes.</param>
    /// <param name="features">What both ends of the tunnel announced; it holds for its lanes too.</param>
    /// <param name="dialer">Reaches targets.</param>
    /// <param name="context">The agent.</param>
    public ServerLanes(
        ServerCall server, LaneConnector connector, TunnelFeatureSet features, TargetDialer dialer, AgentContext context)
    {
        _server = server;
        _connector = connector;
        _features = features;
        _dialer = dialer;
        _context = context;
        _finishing = new OwnedTasks<ServerStream>(FinishAsync);
    }

    /// <summary>Connections and dials under way, those of lost lanes included.</summary>
    public int Active => Snapshot().Sum(static s => s.Active);

    public long DialsSeen => Volatile.Read(ref _dialsOfEnded) + Snapshot().Sum(static s => s.DialsSeen);

    /// <summary>Runs until the token ends the tunnel.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, _connector.LanesPerTunnel).Select(_ => KeepLaneAsync(cancellationToken)));

    /// <summary>Before the token ends a tunnel that was lost: a lane may still work, and must not say that this agent shuts down.</summary>
    public void TunnelLost()
    {
        lock (_gate)
        {
            _farewell = CloseReason.TunnelLost;
            _streams.ForEach(s => s.Farewell = _farewell);
        }
    }

    public void EndIfDead()
    {
        foreach (var stream in Snapshot())
        {
            stream.EndIfDead();
        }
    }

    public Task FinishTargetsAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Snapshot().Select(s => s.FinishTargetsAsync(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in Snapshot())
        {
            await stream.DisposeAsync();
        }

        await _finishing.WhenAllAsync();
    }

    private async Task KeepLaneAsync(CancellationToken cancellationToken)
    {
        var delay = new ReconnectDelay(FirstDelay, LongestDelay, Random.Shared.NextDouble);
        try
        {
            while (true)
            {
                try
                {
                    await using var lane = await _connector.OpenAsync(_server, cancellationToken);
                    delay.Reset();
                    await ServeAsync(lane, cancellationToken);
                }
                catch (ServerConnectException e)
                {
                    AgentLog.LaneFailed(_context.Logger, _server.ServerId, e.Message);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    AgentLog.LaneFaulted(_context.Logger, _server.ServerId, e);
                }

                await Task.Delay(delay.Next(), _context.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the tunnel.
        }
    }

    private async Task ServeAsync(LaneConnection lane, CancellationToken cancellationToken)
    {
        var stream = new ServerStream(lane.Reader, lane.Output, _features, _dialer, _context);
        lock (_gate)
        {
            stream.Farewell = _farewell;
            _streams.Add(stream);
        }

        _context.Metrics.LaneOpened();
        AgentLog.LaneOpened(_context.Logger, _server.ServerId, _server.Address);
        try
        {
            var reason = await stream.RunAsync(static () => GrpcStatus.OK, lane.CompleteOutputAsync, cancellationToken);
            AgentLog.LaneEnded(_context.Logger, _server.ServerId, reason);
        }
        finally
        {
            _context.Metrics.LaneClosed();
        }

        if (!cancellationToken.IsCancellationRequested)
        {
            _finishing.Start(stream);
        }
    }

    /// <summary>Its targets may take the last bytes for as long as they like; the lane in its place must not wait for that.</summary>
    private async Task FinishAsync(ServerStream stream)
    {
        await stream.FinishTargetsAsync(CancellationToken.None);
        await stream.DisposeAsync();
        lock (_gate)
        {
            _streams.Remove(stream);
            _dialsOfEnded += stream.DialsSeen;
        }
    }

    private ServerStream[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _streams];
        }
    }
}
