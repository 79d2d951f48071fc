using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// Brings a frontend's dial to an agent of this server or, over one hop, of another.
/// <code>
///   1 who has the best tunnel        by strategy, then not draining, then this server itself
///   2 this one                       DialRouter, as without a fleet
///   3 another one                    marked, so that it gives it to its own agents only; it answers as to its own frontend
///   4 no agent has answered          the next best, until the deadline
/// </code>
/// </summary>
internal sealed class FleetRouter : IDialRouter
{
    private readonly DialRouter _own;
    private readonly AgentRegistry _agents;
    private readonly PeerSet _peers;
    private readonly DialLimits _limits;
    private readonly PeerContext _context;
    private int _pending;

    /// <param name="own">For agents of this server.</param>
    /// <param name="agents">Those.</param>
    /// <param name="peers">The other servers.</param>
    /// <param name="limits">Those of <paramref name="own"/>.</param>
    /// <param name="context">Clock, metrics and log.</param>
    public FleetRouter(DialRouter own, AgentRegistry agents, PeerSet peers, DialLimits limits, PeerContext context)
    {
        _own = own;
        _agents = agents;
        _peers = peers;
        _limits = limits;
        _context = context;
    }

    public async Task<DialResult> DialAsync(
        string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, CancellationToken cancellationToken)
    {
        var started = _context.Time.GetTimestamp();
        var own = _agents.Match(address, clusters);
        var ownTried = false;
        var tried = new List<PeerLane>();
        DialResult? last = null;
        while (true)
        {
            // 1
            var (lane, match) = _peers.Pick(address, clusters, tried);

            // 2
            if (!ownTried && (lane is null || own.Order <= match.Order))
            {
                ownTried = true;
                var result = await _own.DialAsync(protocol, address, trace, clusters, Left(started), cancellationToken);
                if (result.Failure is not (DialFailureReason.NoAgent or DialFailureReason.AgentLost))
                {
                    return result;
                }

                last = Worse(last, result);
                continue;
            }

            if (lane is null)
            {
                return last ?? DialResult.Failed(DialFailureReason.NoAgent);
            }

            // 3
            tried.Add(lane);
            PeerLane[] asked = [.. tried];
            var answer = await ForwardAsync(lane, protocol, address, trace, clusters, HasAnother, started, cancellationToken);
            _context.Metrics.Peers.Forwarded(answer.Result);
            if (answer.IsFinal)
            {
                return answer.Result with { Via = lane.ServerId };
            }

            // 4
            _context.Logger.ForwardRetried(address, lane.ServerId, answer.Result.Text);
            last = Worse(last, answer.Result);

            // One that the same strategy finds, as with an agent that is silent.
            bool HasAnother() => IsAsGood(_peers.Pick(address, clusters, asked).Match, match)
                || (!ownTried && IsAsGood(_agents.Match(address, clusters), match));
        }
    }

    private static bool IsAsGood(TunnelMatch other, TunnelMatch than) => other.IsReady && other.Strategy <= than.Strategy;

    /// <summary>That no agent was there says less than why one that was there did not answer.</summary>
    private static DialResult Worse(DialResult? before, in DialResult now) =>
        before is { } known && now.Failure == DialFailureReason.NoAgent ? known : now;

    private async Task<PeerAnswer> ForwardAsync(
        PeerLane lane, string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, Func<bool> hasAnother, long started,
        CancellationToken cancellationToken)
    {
        if (_own.Refusal is { } refusal)
        {
            return new(DialResult.Failed(refusal), IsFinal: true);
        }

        using var deadline = new CancellationTokenSource(Left(started), _context.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken, _own.ShuttingDown);
        try
        {
            return Interlocked.Increment(ref _pending) > _limits.MaxPending
                ? new(DialResult.Failed(DialFailureReason.TooManyPending), IsFinal: true)
                : await lane.DialAsync(protocol, address, trace, clusters, hasAnother, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            var reason = cancellationToken.IsCancellationRequested ? DialFailureReason.Cancelled
                : _own.ShuttingDown.IsCancellationRequested ? DialFailureReason.ShuttingDown
                : DialFailureReason.TimedOut;
            return new(DialResult.Failed(reason), IsFinal: true);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private TimeSpan Left(long started) => _limits.Left(_context.Time.GetElapsedTime(started));
}
