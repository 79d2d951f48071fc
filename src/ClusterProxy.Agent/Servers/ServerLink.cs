using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Agent.Servers;

/// <summary>Keeps a tunnel to one announced server, by connecting to it where it is said to be.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Its handle is never asked for, and it is cancelled after its loop may have ended.")]
internal sealed class ServerLink
{
    /// <summary>A server that restarts misses one or two attempts; that is no reason to move.</summary>
    private const int FailuresToMove = 3;

    private readonly ServerAddress _address;
    private readonly ServerConnector _connector;
    private readonly ServerTunnels _tunnels;
    private readonly FleetFollower _fleet;
    private readonly TunnelRenewal _renewal;
    private readonly TunnelOpener _opener;
    private readonly AgentContext _context;
    private readonly AttemptPace _pace;
    private readonly TimeSpan _firstDelay;
    private readonly CancellationTokenSource _unwanted = new();
    private volatile string _serverId;
    private volatile int _failures;
    private volatile bool _answers;

    /// <param name="server">As announced.</param>
    /// <param name="firstDelay">Before the first attempt.</param>
    /// <param name="parts">What it works with.</param>
    /// <param name="fleet">Told of what comes of it.</param>
    public ServerLink(FleetServer server, TimeSpan firstDelay, FleetParts parts, FleetFollower fleet)
    {
        Server = server;
        _serverId = server.Id;
        _firstDelay = firstDelay;
        _address = new ServerAddress(server.Host, server.Port, server.CertificateName);
        _connector = parts.Connector;
        _tunnels = parts.Tunnels;
        _renewal = parts.Renewal;
        _opener = parts.Opener;
        _context = parts.Context;
        _pace = new AttemptPace(parts.Options, parts.Context.Time);
        _fleet = fleet;
    }

    public FleetServer Server { get; }

    /// <summary>Of the server that answers there; empty before anyone knows.</summary>
    public string ServerId => _serverId;

    /// <summary>In a row.</summary>
    public int Failures => _failures;

    /// <summary>
    /// Whether other ways to the server are worth a try. Not at once where somebody answers: servers that many agents come to turn some of
    /// them away for a moment, and whoever then comes by another way takes the place of those who have none.
    /// </summary>
    public bool IsFailing => Failures >= (_answers ? FailuresToMove : 1) && !IsConnected;

    /// <summary>Whether another server stands in for it, if there are to be fewer tunnels than servers.</summary>
    public bool IsOut => (Failures >= (_answers ? 2 : 1) * FailuresToMove && !IsConnected) || IsLeaving;

    public bool IsConnected => ServerId.Length > 0 && _tunnels.Find(ServerId) is not null;

    /// <summary>The server is about to leave: a new tunnel would be left again at once.</summary>
    public bool IsLeaving => ServerId.Length > 0 && _tunnels.IsLeaving(ServerId);

    /// <summary>Its tunnel may be of no use any more.</summary>
    public void LookAgain() => _pace.LookAgain();

    /// <summary>Its tunnel has ended.</summary>
    public void Lost(TimeSpan age) => _pace.Lost(age);

    /// <summary>Ends the loop. A tunnel stays until it is dismissed.</summary>
    public void Stop() => _unwanted.Cancel();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_unwanted.Token, cancellationToken);
        try
        {
            var delay = _firstDelay;
            for (var turn = 0; ; turn++)
            {
                await _pace.WaitAsync(delay, either.Token);
                delay = await TurnAsync(turn, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // It is not wanted any more, or this is the end of the agent.
        }
    }

    /// <summary>A defect costs an attempt as any failure does: for as long as the server is wanted there is no other link to it.</summary>
    private async Task<TimeSpan> TurnAsync(int turn, CancellationToken cancellationToken)
    {
        try
        {
            await _renewal.LookAsync(Own(), cancellationToken);
            return NeedsAttempt() ? await AttemptAsync(turn, cancellationToken) : Pause();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var delay = Failed(answers: true);
            AgentLog.ConnectFaulted(_context.Logger, Server.ToString(), delay.TotalSeconds, e);
            return delay;
        }
    }

    private async Task<TimeSpan> AttemptAsync(int turn, CancellationToken cancellationToken)
    {
        var attempt = await _opener.OpenAsync(token => _connector.ConnectAsync(_address, turn, token), cancellationToken);
        var problem = attempt.Failure?.Message
            ?? (_fleet.IsAnother(attempt.ServerId, Server) ? $"server {Server} is not there, but server {attempt.ServerId}" : null);
        if (problem is not null)
        {
            var delay = Failed(answers: attempt.Failure?.Step is ConnectStep.Tls or ConnectStep.Call);
            AgentLog.ConnectFailed(_context.Logger, (attempt.Failure?.Step ?? ConnectStep.Call).ToTag(), problem, delay.TotalSeconds);
            return delay;
        }

        // Who announced it may not have known its id, or may have it wrong.
        _serverId = attempt.ServerId;
        _failures = 0;
        _fleet.Attempted(beginsToFail: false);
        return attempt.IsDuplicate ? _pace.Duplicate(isExpected: false) : _pace.Connected();
    }

    /// <param name="answers">Whether somebody is there, who may be busy.</param>
    /// <returns>The pause before the next attempt.</returns>
    private TimeSpan Failed(bool answers)
    {
        var (delay, wasFailing) = (_pace.Failed(_fleet.IsComplete), IsFailing);
        _answers = answers;
        _failures++;
        _fleet.Attempted(beginsToFail: IsFailing && !wasFailing);
        return delay;
    }

    private bool NeedsAttempt() =>
        !_tunnels.IsDraining && !IsLeaving && (_tunnels.Find(ServerId) is not { } tunnel || _renewal.IsDue(tunnel));

    private TimeSpan Pause() => _renewal.Pause(Own());

    private IEnumerable<ServerTunnel> Own() => _tunnels.Current.Where(t => t.ServerId == ServerId);
}
