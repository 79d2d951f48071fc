using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// The tunnels that are open: one to each server, and beside them those that another has taken the place of, or to whose server none is
/// wanted any more, which go when their connections have.
/// </summary>
internal sealed class ServerTunnels
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly LaneConnector _lanes;
    private readonly TargetDialer _dialer;
    private readonly AgentContext _context;
    private readonly TunnelRenewal _renewal;
    private readonly OwnedTasks<ServerTunnel> _running;
    private readonly OwnedTasks<ServerTunnel> _leaving;
    private readonly OwnedTasks<(ServerTunnel Tunnel, TimeSpan Within)> _moving;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<ServerTunnel> _tunnels = [];
    private Task _watch = Task.CompletedTask;
    private int _lastCount;
    private long _dialsOfEndedTunnels;
    private bool _draining;

    public ServerTunnels(LaneConnector lanes, TargetDialer dialer, TunnelRenewal renewal, AgentContext context)
    {
        _lanes = lanes;
        _dialer = dialer;
        _renewal = renewal;
        _context = context;
        _running = new OwnedTasks<ServerTunnel>(RunAsync);
        _leaving = new OwnedTasks<ServerTunnel>(LeaveAsync);
        _moving = new OwnedTasks<(ServerTunnel Tunnel, TimeSpan Within)>(MoveAsync);
    }

    /// <summary>Those that take new dials and whose server is there.</summary>
    public IReadOnlyList<ServerTunnel> Current => Read(ServerTunnel[] () => [.. TakingDials()]);

    public int OpenCount => Read(() => TakingDials().Count());

    /// <summary>Whether there is a tunnel of any kind on which somebody may still ask for something.</summary>
    public bool IsReachable => Read(() => _tunnels.Count > 0);

    public bool IsDraining => Read(() => _draining);

    /// <summary>Connections and dials under way on any tunnel.</summary>
    public int Active => Read(() => _tunnels.Sum(t => t.Active));

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => Read(() => _dialsOfEndedTunnels + _tunnels.Sum(t => t.DialsSeen));

    /// <summary>
    /// How many servers there are, as those say that do not say which: the largest of the live tunnels and the last answer. 0 without any.
    /// </summary>
    public int AnnouncedCount => Read(() =>
        _tunnels.Where(static t => t.Servers.IsEmpty).Select(static t => t.ServerCount).Append(_lastCount).Max());

    /// <summary>Whoever follows the tunnels; told on their readers, among others, so that it only leaves word.</summary>
    public required TunnelListener Listener { get; init; }

    /// <summary>Whether the server has said that it is about to leave, and it is time to look for another.</summary>
    public bool IsLeaving(string serverId) => Read(() => _tunnels.Exists(t => t.ServerId == serverId && t is { IsLeft: true, IsSuperseded: true }));

    public void Start() => _watch = WatchAsync(_stop.Token);

    /// <summary>The one that takes dials of this server.</summary>
    public ServerTunnel? Find(string serverId) => Read(() => TakingDials().FirstOrDefault(t => t.ServerId == serverId));

    /// <summary>
    /// Takes over the call; null when there is a tunnel to this server already. One that comes during a drain is drained with the others:
    /// its server knows this agent, and may have sent a dial.
    /// </summary>
    public ServerTunnel? Adopt(ServerCall call, RenewableCredential? credential)
    {
        lock (_gate)
        {
            _lastCount = call.Servers.IsEmpty ? call.ServerCount : 0;
            var existing = TakingDials().FirstOrDefault(t => t.ServerId == call.ServerId);
            if (existing is not null)
            {
                existing.ServerCount = call.ServerCount;
            }

            if (existing is not null && !_renewal.IsDue(existing))
            {
                return null;
            }

            if (existing is not null)
            {
                _context.Metrics.TunnelRenewed();
                AgentLog.TunnelRenewed(_context.Logger, existing.ServerId, existing.Credential!.Value.End, existing.Active);
                Supersede(existing);
            }

            // A silent tunnel to the same server may come back to life, but it is not needed any more.
            foreach (var silent in _tunnels.FindAll(t => t.ServerId == call.ServerId && !t.IsSuperseded))
            {
                Supersede(silent);
            }

            var tunnel = new ServerTunnel(call, _lanes, _dialer, _context)
            {
                Credential = credential,
                OnServerLeaves = OnServerLeaves,
                OnServers = Listener.Announced,
            };
            _tunnels.Add(tunnel);
            _context.Metrics.TunnelOpened();
            _running.Start(tunnel);
            if (_draining)
            {
                tunnel.Drain();
            }

            return tunnel;
        }
    }

    /// <summary>Ends a tunnel that is not wanted any more, when its connections have ended.</summary>
    public void Dismiss(ServerTunnel tunnel)
    {
        lock (_gate)
        {
            if (tunnel.IsSuperseded || _draining)
            {
                return;
            }

            Supersede(tunnel);
        }

        AgentLog.TunnelDismissed(_context.Logger, tunnel.ServerId, tunnel.Address, tunnel.Active);
    }

    /// <summary>Asks every server for no new dials, also those whose tunnel is being opened.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
            foreach (var tunnel in _tunnels)
            {
                tunnel.Drain();
            }
        }
    }

    /// <summary>Closes every tunnel, its connections with a reason. Nobody may adopt one any more.</summary>
    public async Task CloseAsync()
    {
        await _stop.CancelAsync();
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _leaving.WhenAllAsync();
        await _moving.WhenAllAsync();
        await _running.WhenAllAsync();
        _stop.Dispose();
    }

    private void Supersede(ServerTunnel tunnel)
    {
        tunnel.IsSuperseded = true;
        tunnel.Drain();
        _leaving.Start(tunnel);
    }

    /// <summary>Ends what is dead, and has another server looked for as soon as one falls silent.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(WatchInterval, _context.Time);
        ServerTunnel[] silentBefore = [];
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var tunnels = Read(() => _tunnels.ToArray());
            foreach (var tunnel in tunnels)
            {
                tunnel.EndIfDead();
            }

            var silent = tunnels.Where(static t => t.IsSilent && !t.IsSuperseded).ToArray();
            var fallenSilent = silent.Except(silentBefore).ToArray();
            if (fallenSilent.Length > 0)
            {
                AgentLog.ServersSilent(_context.Logger, silent.Length, tunnels.Length);
                foreach (var tunnel in fallenSilent)
                {
                    Listener.Missed(tunnel);
                }
            }

            if (silentBefore.Except(silent).Any())
            {
                // One that speaks again counts again: others may have waited for it to be left.
                Listener.Announced();
            }

            silentBefore = silent;
        }
    }

    private void OnServerLeaves(ServerTunnel tunnel, TimeSpan within)
    {
        lock (_gate)
        {
            if (!tunnel.IsLeft)
            {
                tunnel.IsLeft = true;
                _moving.Start((tunnel, within));
            }
        }
    }

    /// <summary>
    /// At any moment of the time that the server gives, so that a whole fleet does not come to the others at once. The tunnel itself
    /// stays for what runs on it and for dials that still come; the server ends it.
    /// </summary>
    private async Task MoveAsync((ServerTunnel Tunnel, TimeSpan Within) move)
    {
        var delay = move.Within * Random.Shared.NextDouble();
        AgentLog.ServerLeaves(_context.Logger, move.Tunnel.ServerId, move.Within.TotalSeconds, delay.TotalSeconds);
        try
        {
            await Task.Delay(delay, _context.Time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_gate)
        {
            move.Tunnel.IsSuperseded = true;
        }

        Listener.Missed(move.Tunnel);
    }

    /// <summary>Its connections may take as long as they like; dials that were on their way when the server heard of the drain are served.</summary>
    private async Task LeaveAsync(ServerTunnel tunnel)
    {
        try
        {
            var (quiet, dials) = (0, -1L);
            while (quiet < DrainPace.QuietChecks)
            {
                await Task.Delay(DrainPace.Check, _context.Time, _stop.Token);
                quiet = tunnel.Active == 0 && tunnel.DialsSeen == dials ? quiet + 1 : 0;
                dials = tunnel.DialsSeen;
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the agent closes it like the others.
        }

        tunnel.Leave();
    }

    private async Task RunAsync(ServerTunnel tunnel)
    {
        var reason = "it failed";
        try
        {
            reason = await tunnel.RunAsync(_stop.Token);
        }
        catch (Exception e)
        {
            AgentLog.TunnelFailed(_context.Logger, tunnel.ServerId, e);
        }

        lock (_gate)
        {
            // By instance: another tunnel to the same server may have come meanwhile.
            _tunnels.Remove(tunnel);
            _dialsOfEndedTunnels += tunnel.DialsSeen;
        }

        _context.Metrics.TunnelClosed();
        AgentLog.TunnelEnded(_context.Logger, tunnel.ServerId, tunnel.Address, reason);
        Listener.Ended(tunnel);
        await tunnel.FinishTargetsAsync(_stop.Token);
        await tunnel.DisposeAsync();
    }

    private IEnumerable<ServerTunnel> TakingDials() => _tunnels.Where(static t => !t.IsSuperseded && !t.IsSilent);

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
