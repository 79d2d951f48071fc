using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Agent.Servers;

/// <summary>One server: the tunnel's own stream, and the lanes beside it where the server knows them.</summary>
internal sealed class ServerTunnel : IAsyncDisposable
{
    private readonly ServerCall _server;
    private readonly AgentContext _context;
    private readonly ServerStream _stream;
    private readonly ServerLanes? _lanes;
    private readonly CancellationTokenSource _leave = new();
    private readonly long _opened;
    private volatile ServerSet _servers;

    /// <param name="server">The accepted call; owned from here on.</param>
    /// <param name="lanes">Opens lanes.</param>
    /// <param name="dialer">Reaches targets.</param>
    /// <param name="context">The agent.</param>
    public ServerTunnel(ServerCall server, LaneConnector lanes, TargetDialer dialer, AgentContext context)
    {
        _server = server;
        _context = context;
        _opened = context.Time.GetTimestamp();
        ServerCount = server.ServerCount;
        _servers = server.Servers;
        var features = server.Features;
        _stream = new ServerStream(
            new PacketReader(server.Input, context.Limits.MaxMessageSize), server.Call.Output, features, dialer, context,
            within => OnServerLeaves?.Invoke(this, within), Announced);
        _lanes = lanes.LanesPerTunnel > 0 && features.HasFlag(TunnelFeatureSet.Lanes) && server.LaneToken.Length > 0
            ? new ServerLanes(server, lanes, features, dialer, context)
            : null;

        void Announced(ServerSet servers)
        {
            _servers = servers;
            OnServers?.Invoke();
        }
    }

    public string ServerId => _server.ServerId;

    public string Address => _server.Address;

    public TimeSpan Age => _context.Time.GetElapsedTime(_opened);

    /// <summary>As this server said last.</summary>
    public int ServerCount { get; set; }

    /// <summary>Which servers there are, as this server said last; none when it does not say.</summary>
    public ServerSet Servers => _servers;

    /// <summary>Null when the agent showed no certificate.</summary>
    public RenewableCredential? Credential { get; init; }

    /// <summary>Another tunnel has taken its place or is looked for, or none is wanted; what runs on it goes on.</summary>
    public bool IsSuperseded { get; set; }

    /// <summary>Whether the server has said that it is about to leave.</summary>
    public bool IsLeft { get; set; }

    /// <summary>Told when the server says that it is about to leave.</summary>
    public Action<ServerTunnel, TimeSpan>? OnServerLeaves { get; init; }

    /// <summary>Told by the tunnel's reader when the server has said which servers there are.</summary>
    public Action? OnServers { get; init; }

    /// <summary>Nothing comes from the server although something should: another tunnel may be needed.</summary>
    public bool IsSilent => _stream.IsSilent ?? _server.IsSilent;

    /// <summary>Connections and dials under way.</summary>
    public int Active => _stream.Active + (_lanes?.Active ?? 0);

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => _stream.DialsSeen + (_lanes?.DialsSeen ?? 0);

    /// <summary>Asks the server for no new dials on any lane; those that come are served all the same.</summary>
    public void Drain() => _stream.Drain();

    /// <summary>Ends what is dead and has not been noticed. To be called about once a second.</summary>
    public void EndIfDead()
    {
        _stream.EndIfDead();
        _lanes?.EndIfDead();
    }

    /// <summary>Ends the tunnel as the token of <see cref="RunAsync"/> does.</summary>
    public void Leave() => _leave.Cancel();

    /// <summary>Serves until the server, the transport or the token ends the tunnel, and says why. The lanes end with it.</summary>
    /// <param name="cancellationToken">This agent closes the tunnel: its connections end with a reason.</param>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _leave.Token);
        using var lanesEnded = new CancellationTokenSource();
        var lanes = RunLanesAsync(lanesEnded, ending.Token);
        try
        {
            return await _stream.RunAsync(_server.Call.Status, _server.Call.CompleteOutputAsync, lanesEnded.Token);
        }
        finally
        {
            if (!ending.IsCancellationRequested)
            {
                _lanes?.TunnelLost();
            }

            await ending.CancelAsync();
            await lanes;
            await _server.DisposeAsync();
        }
    }

    /// <summary>Waits for targets of frontends that had closed, which may still be taking the last bytes.</summary>
    /// <param name="cancellationToken">Cuts them short.</param>
    public Task FinishTargetsAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_stream.FinishTargetsAsync(cancellationToken), _lanes?.FinishTargetsAsync(cancellationToken) ?? Task.CompletedTask);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        if (_lanes is not null)
        {
            await _lanes.DisposeAsync();
        }
    }

    /// <summary>
    /// The lanes end first: with the tunnel the server would take them for lost, and their connections would end without the reason.
    /// </summary>
    private async Task RunLanesAsync(CancellationTokenSource ended, CancellationToken cancellationToken)
    {
        try
        {
            if (_lanes is not null)
            {
                await _lanes.RunAsync(cancellationToken);
            }
            else
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, _context.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await ended.CancelAsync();
        }
    }
}
