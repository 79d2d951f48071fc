using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents;

namespace ClusterProxy.Server.Routing;

/// <summary>
/// Brings a frontend's dial to an agent and its answer back.
/// <code>
///   1 pick an agent that matches and was not tried    none: NoAgent, or AgentLost after a try
///   2 queue DIAL_REQ at its tunnel, under an id of this server
///   3 wait for that tunnel's answer                   deadline, caller gone, shutdown: tell the agent, stop
///   4 tunnel ended instead of answering, or is        nothing was forwarded yet, so again from 1
///     silent and another could have the dial
/// </code>
/// </summary>
internal sealed class DialRouter : IDialRouter
{
    private static readonly Action<object?> CancelSource = static source => ((CancellationTokenSource)source!).Cancel();

    private readonly AgentRegistry _agents;
    private readonly DialLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _shutdown = new();
    private int _pending;
    private volatile bool _closed;

    public DialRouter(AgentRegistry agents, DialLimits limits, TimeProvider time, ILogger logger)
    {
        _agents = agents;
        _limits = limits;
        _time = time;
        _logger = logger;
    }

    /// <summary>Dials that have no answer yet.</summary>
    public int PendingCount => Volatile.Read(ref _pending);

    /// <summary>Why no dial is made now, wherever it would go; null when dials are made.</summary>
    public DialFailureReason? Refusal =>
        _closed ? DialFailureReason.ShuttingDown
        : _limits.Budget is { IsExhausted: true } ? DialFailureReason.BuffersFull
        : null;

    /// <summary>Fires when the dials in flight are to end.</summary>
    public CancellationToken ShuttingDown => _shutdown.Token;

    /// <summary>Refuses new dials from now on.</summary>
    public void Close() => _closed = true;

    /// <summary>Also ends the dials in flight.</summary>
    public void Shutdown()
    {
        _closed = true;
        _shutdown.Cancel();
    }

    public Task<DialResult> DialAsync(
        string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, CancellationToken cancellationToken) =>
        DialAsync(protocol, address, trace, clusters, _limits.Left(TimeSpan.Zero), cancellationToken);

    /// <param name="protocol">As the frontend says.</param>
    /// <param name="address">What agents are picked by and dial.</param>
    /// <param name="trace">Goes on in the packet.</param>
    /// <param name="clusters">Whose agents may have it; null for all.</param>
    /// <param name="left">Of the deadline; infinite without one.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<DialResult> DialAsync(
        string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, TimeSpan left,
        CancellationToken cancellationToken)
    {
        if (Refusal is { } refusal)
        {
            return DialResult.Failed(refusal);
        }

        try
        {
            if (Interlocked.Increment(ref _pending) > _limits.MaxPending)
            {
                return DialResult.Failed(DialFailureReason.TooManyPending);
            }

            var tried = new List<AgentTunnel>(1);
            var result = await DialWithinAsync(protocol, address, trace, clusters, tried, left, cancellationToken);
            return tried is [.., var last] ? result with { Agent = last.Agent } : result;
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private async Task<DialResult> DialWithinAsync(
        string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, List<AgentTunnel> tried,
        TimeSpan left, CancellationToken cancellationToken)
    {
        if (left == TimeSpan.Zero)
        {
            return DialResult.Failed(DialFailureReason.TimedOut);
        }

        using var stop = new CancellationTokenSource(left, _time);
        using var gaveUp = cancellationToken.UnsafeRegister(CancelSource, stop);
        using var shutdown = _shutdown.Token.UnsafeRegister(CancelSource, stop);
        var lastStrategy = int.MaxValue;
        while (true)
        {
            // 1
            var (tunnel, match) = _agents.Find(address, tried, clusters);
            if (tunnel is null || match.Strategy > lastStrategy)
            {
                return DialResult.Failed(tried.Count == 0 ? DialFailureReason.NoAgent : DialFailureReason.AgentLost);
            }

            tried.Add(tunnel);

            // 2
            if (tunnel.TryDial(protocol, address, trace) is not { } dial)
            {
                continue;
            }

            dial.Search = new DialSearch(address, [.. tried], clusters, match.Strategy);

            // 3
            DialAnswer answer;
            using (stop.Token.UnsafeRegister(static dial => ((PendingDial)dial!).GiveUp(), dial))
            {
                answer = await dial.Answer;
            }

            switch (answer.Kind)
            {
                case DialAnswerKind.GivenUp:
                    return DialResult.Failed(Outcome(tunnel, dial, address, left, cancellationToken));
                case DialAnswerKind.Connected:
                    return DialResult.Connected(answer.Connection!);
                case DialAnswerKind.Refused:
                    return DialResult.Refused(answer.Error);
                case DialAnswerKind.Closed:
                    return DialResult.Failed(DialFailureReason.ClosedByAgent);
                default:
                    // 4
                    _logger.DialRetried(address, tunnel.Agent.Id);

                    // While the tunnel is there no other strategy has its turn.
                    lastStrategy = tunnel.HasEnded ? int.MaxValue : answer.Kind == DialAnswerKind.Unanswered ? match.Strategy : lastStrategy;
                    if (answer.Kind == DialAnswerKind.Unanswered ? !tunnel.IsSilent : !tunnel.HasEnded)
                    {
                        // Only a lane is silent, or ended.
                        tried.Remove(tunnel);
                    }

                    break;
            }
        }
    }

    private DialFailureReason Outcome(AgentTunnel tunnel, PendingDial dial, string address, TimeSpan left, CancellationToken caller)
    {
        if (caller.IsCancellationRequested)
        {
            return DialFailureReason.Cancelled;
        }

        if (_shutdown.IsCancellationRequested)
        {
            return DialFailureReason.ShuttingDown;
        }

        _logger.DialTimedOut(address, tunnel.Agent.Id, left);
        tunnel.RetireIfBlocked(dial, _limits.Deadline);
        return DialFailureReason.TimedOut;
    }
}
