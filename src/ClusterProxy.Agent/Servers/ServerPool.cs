using System.Threading.Channels;
using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// Keeps one tunnel to each server. Behind a load balancer that chooses at random that means to connect until as many
/// different servers answered as there are; an answer from a server that has a tunnel already is dropped.
/// </summary>
internal sealed class ServerPool : IAsyncDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly ServerPoolOptions _options;
    private readonly ServerConnector _connector;
    private readonly LaneConnector _lanes;
    private readonly TargetDialer _dialer;
    private readonly AgentContext _context;
    private readonly ReconnectDelay _delay;
    private readonly ReconnectDelay _lossDelay;
    private readonly ReconnectDelay _probeDelay;
    private readonly TunnelRenewal _renewal;
    private readonly OwnedTasks<ServerTunnel> _running;
    private readonly OwnedTasks<ServerTunnel> _leaving;
    private readonly OwnedTasks<(ServerTunnel Tunnel, TimeSpan Within)> _moving;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<TimeSpan> _lost = Channel.CreateBounded<TimeSpan>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock _gate = new();
    private readonly List<ServerTunnel> _tunnels = [];
    private Task _loop = Task.CompletedTask;
    private Task _watch = Task.CompletedTask;
    private int _lastAnnounced;
    private long _dialsOfEndedTunnels;
    private bool _draining;

    public ServerPool(
        ServerPoolOptions options, ServerConnector connector, LaneConnector lanes, TargetDialer dialer, TunnelRenewal renewal,
        AgentContext context)
    {
        _options = options;
        _connector = connector;
        _lanes = lanes;
        _dialer = dialer;
        _renewal = renewal;
        _context = context;
        _delay = new ReconnectDelay(options.SyncInterval, options.SyncIntervalCap, Random.Shared.NextDouble);
        _lossDelay = new ReconnectDelay(options.SyncInterval, options.SyncIntervalCap, Random.Shared.NextDouble);
        _probeDelay = new ReconnectDelay(options.SyncInterval, options.ProbeCap, Random.Shared.NextDouble);
        _running = new OwnedTasks<ServerTunnel>(RunTunnelAsync);
        _leaving = new OwnedTasks<ServerTunnel>(LeaveAsync);
        _moving = new OwnedTasks<(ServerTunnel Tunnel, TimeSpan Within)>(MoveAsync);
    }

    /// <summary>Those that take new dials and whose server is there.</summary>
    public int OpenTunnels => Read(() => Current().Count());

    /// <summary>Whether there is a tunnel of any kind on which somebody may still ask for something.</summary>
    public bool IsReachable => Read(() => _tunnels.Count > 0);

    public bool IsDraining => Read(() => _draining);

    /// <summary>Connections and dials under way on any tunnel.</summary>
    public int Active => Read(() => _tunnels.Sum(t => t.Active));

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => Read(() => _dialsOfEndedTunnels + _tunnels.Sum(t => t.DialsSeen));

    public int Wanted => Read(() => WantedServers.Count(
        _options.CountSource, _tunnels.Select(t => t.ServerCount).Append(_lastAnnounced).Max(), _options.Leases?.Invoke()));

    /// <summary>Fails if the loop did, which is a defect: an agent without it reaches nobody.</summary>
    public Task Completion => _loop;

    public void Start()
    {
        _loop = RunAsync(_stop.Token);
        _watch = WatchAsync(_stop.Token);
    }

    /// <summary>There may be a server more: what the loop waits for is over.</summary>
    public void LookAgain() => _lost.Writer.TryWrite(TimeSpan.MaxValue);

    /// <summary>Asks every server for no new dials and looks for no new servers. What runs and what still comes is served.</summary>
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

    /// <summary>Closes every tunnel, its connections with a reason.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _leaving.WhenAllAsync();
        await _moving.WhenAllAsync();
        await _running.WhenAllAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var delay = TimeSpan.Zero;
            for (var turn = 0; ; turn++)
            {
                await WaitForTurnAsync(delay, cancellationToken);
                delay = WantsAttempt() ? await AttemptAsync(turn, cancellationToken) : Read(() => _renewal.Pause(Current()));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the agent.
        }
        catch (Exception e)
        {
            AgentLog.ServerLoopFailed(_context.Logger, e);
            throw;
        }
    }

    /// <summary>Returns after the pause, or soon after a tunnel was lost.</summary>
    private async Task WaitForTurnAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        using var pause = new CancellationTokenSource(delay, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, cancellationToken);
        TimeSpan age;
        try
        {
            age = await _lost.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        // A server that accepts tunnels and drops them must not be asked without end.
        var lasted = age >= _options.SyncIntervalCap;
        if (lasted)
        {
            _lossDelay.Reset();
        }

        _probeDelay.Reset();
        await Task.Delay(lasted ? _delay.Spread() : _lossDelay.Next(), _context.Time, cancellationToken);
    }

    /// <summary>One attempt; the result is the pause before the next.</summary>
    private async Task<TimeSpan> AttemptAsync(int turn, CancellationToken cancellationToken)
    {
        ServerCall call;

        // Before the handshake: a file that changes meanwhile only makes the tunnel look older than it is.
        var credential = _renewal.Next();
        try
        {
            call = await _connector.ConnectAsync(turn, cancellationToken);
        }
        catch (ServerConnectException e)
        {
            var delay = _delay.Next();
            _context.Metrics.ConnectAttempted(e.Step.ToTag());
            AgentLog.ConnectFailed(_context.Logger, e.Step.ToTag(), e.Message, delay.TotalSeconds);
            return delay;
        }

        _delay.Reset();
        var tunnel = Adopt(call, credential);
        var (open, wanted) = (OpenTunnels, Wanted);
        _context.Metrics.WantedServers(wanted);
        if (tunnel is null)
        {
            _context.Metrics.ConnectAttempted("duplicate");
            AgentLog.DuplicateServer(_context.Logger, call.ServerId, call.Address, open, wanted);
            await call.DisposeAsync();
            return open < wanted || NeedsRenewal() ? _delay.Base() : _probeDelay.Next();
        }

        _probeDelay.Reset();
        _context.Metrics.ConnectAttempted("connected");
        AgentLog.TunnelOpened(_context.Logger, call.ServerId, call.Address, open, wanted);
        return _delay.Base();
    }

    /// <summary>Null when there is a tunnel to this server already, or none is wanted any more.</summary>
    private ServerTunnel? Adopt(ServerCall call, TunnelCredential? credential)
    {
        lock (_gate)
        {
            _lastAnnounced = call.ServerCount;
            var existing = Current().FirstOrDefault(t => t.ServerId == call.ServerId);
            if (existing is not null)
            {
                existing.ServerCount = call.ServerCount;
            }

            if (_draining || (existing is not null && !_renewal.IsDue(existing)))
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

            var tunnel = new ServerTunnel(call, _lanes, _dialer, _context) { Credential = credential, OnServerLeaves = OnServerLeaves };
            _tunnels.Add(tunnel);
            _context.Metrics.TunnelOpened();
            _running.Start(tunnel);
            return tunnel;
        }
    }

    private void Supersede(ServerTunnel tunnel)
    {
        tunnel.IsSuperseded = true;
        tunnel.Drain();
        _leaving.Start(tunnel);
    }

    /// <summary>Ends what is dead, and looks for another server as soon as one falls silent.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(WatchInterval, _context.Time);
        var silentBefore = 0;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var tunnels = Read(() => _tunnels.ToArray());
            foreach (var tunnel in tunnels)
            {
                tunnel.EndIfDead();
            }

            var silent = tunnels.Count(static t => t.IsSilent && !t.IsSuperseded);
            if (silent > silentBefore)
            {
                AgentLog.ServersSilent(_context.Logger, silent, tunnels.Length);
                LookAgain();
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

        LookAgain();
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

    private async Task RunTunnelAsync(ServerTunnel tunnel)
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
        _lost.Writer.TryWrite(tunnel.Age);
        await tunnel.FinishTargetsAsync(_stop.Token);
        await tunnel.DisposeAsync();
    }

    private bool WantsAttempt() => Read(() => !_draining) && (_options.SyncForever || OpenTunnels < Wanted || NeedsRenewal());

    private bool NeedsRenewal() => Read(() => Current().Any(_renewal.IsDue));

    private IEnumerable<ServerTunnel> Current() => _tunnels.Where(static t => !t.IsSuperseded && !t.IsSilent);

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
