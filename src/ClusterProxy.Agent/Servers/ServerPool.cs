using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// Keeps the tunnels to the servers.
/// <code>
///   ServerSearch ── configured addresses ──┐
///                                          ├─▶ TunnelOpener ─▶ ServerTunnels
///   FleetFollower ─▶ ServerLink, one each ─┘                       │
///         ▲          announced servers                             │
///         └──────────── which servers there are ───────────────────┘
/// </code>
/// </summary>
internal sealed class ServerPool : IAsyncDisposable
{
    private readonly ServerTunnels _tunnels;
    private readonly TunnelOpener _opener;
    private readonly FleetFollower _fleet;
    private readonly ServerSearch _search;
    private readonly CancellationTokenSource _stop = new();
    private Task _searching = Task.CompletedTask;
    private Task _following = Task.CompletedTask;

    public ServerPool(
        ServerPoolOptions options, ServerConnector connector, LaneConnector lanes, TargetDialer dialer, TunnelRenewal renewal,
        AgentContext context)
    {
        _tunnels = new ServerTunnels(lanes, dialer, renewal, context)
        {
            Listener = new TunnelListener(() => _fleet!.Changed(), OnMissed, OnEnded),
        };
        _opener = new TunnelOpener(_tunnels, renewal, context);
        _fleet = new FleetFollower(new FleetParts(options, connector, _tunnels, renewal, _opener, context));
        _search = new ServerSearch(options, connector, _tunnels, _fleet, renewal, _opener, context);
        _fleet.Failing = _search.LookAgain;
        _fleet.Followed = () => context.Metrics.WantedServers(Wanted);
        _opener.Wanted = () => Wanted;
    }

    /// <summary>Those that take new dials and whose server is there.</summary>
    public int OpenTunnels => _tunnels.OpenCount;

    /// <summary>
    /// Whether there is a tunnel of any kind on which somebody may still ask for something, or is about to be. In this order, since an
    /// attempt has its tunnel here before it ends.
    /// </summary>
    public bool IsReachable => _opener.IsOpening || _tunnels.IsReachable;

    public bool IsDraining => _tunnels.IsDraining;

    /// <summary>Connections and dials under way on any tunnel.</summary>
    public int Active => _tunnels.Active;

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => _tunnels.DialsSeen;

    public int Wanted => _search.Wanted;

    /// <summary>Fails if a loop did, which is a defect: an agent without it reaches nobody.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start()
    {
        _tunnels.Start();
        _searching = _search.RunAsync(_stop.Token);
        _following = _fleet.RunAsync(_stop.Token);
        Completion = Task.WhenAny(_searching, _following).Unwrap();
    }

    /// <summary>There may be a server more: what the search waits for is over.</summary>
    public void LookAgain() => _search.LookAgain();

    /// <summary>Asks every server for no new dials and looks for no new servers. What runs and what still comes is served.</summary>
    public void Drain() => _tunnels.Drain();

    /// <summary>Closes every tunnel, its connections with a reason.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _searching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _tunnels.CloseAsync();
        _stop.Dispose();
    }

    private void OnMissed(ServerTunnel tunnel)
    {
        _search.LookAgain();
        _fleet.Missed(tunnel);
    }

    private void OnEnded(ServerTunnel tunnel)
    {
        _search.Lost(tunnel.Age);
        _fleet.Lost(tunnel);
    }
}
