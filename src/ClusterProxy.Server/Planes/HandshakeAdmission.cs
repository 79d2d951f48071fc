using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Memory;
using ClusterProxy.Hosting.Transport;

namespace ClusterProxy.Server.Planes;

/// <summary>
/// Spreads the handshakes of the agent port over time, so that a fleet that comes back at once leaves the processors to those who are
/// served. What comes too fast waits; what would wait too long is refused before it costs anything, and its agent comes back by itself.
/// Lanes wait until no tunnel does: an agent without a tunnel cannot be reached, one without its lanes can. Agents give up on a handshake
/// that takes too long, and then all of it was for nothing; so few are under way at a time, however slow this machine or the agents' are,
/// and none is begun for a client that has left or soon will.
/// </summary>
internal sealed class HandshakeAdmission
{
    /// <summary>Half of what agents give a handshake, ours and gRPC's, so that nobody has left when his turn comes.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Of a client, from its first bytes to its turn. Where it takes longer than the queue may, the bytes lay unread for the rest, and what
    /// is left of ten seconds is not enough for the other half of a handshake at that pace.
    /// </summary>
    private static readonly TimeSpan LongestPatience = LongestWait + TimeSpan.FromSeconds(1);

    /// <summary>
    /// Handshakes that may be under way, as a part of a second's. From its turn to its call one takes one round trip and some milliseconds
    /// of both ends, half a second where it is slow.
    /// </summary>
    private static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(500);

    /// <summary>Few need not wait for each other, whatever the rate.</summary>
    private const int LeastUnderWay = 10;

    /// <summary>After so long one counts no more: clients that begin and say nothing are no reason to let nobody in.</summary>
    private static readonly TimeSpan Counted = TimeSpan.FromSeconds(3);

    /// <summary>
    /// For each processor, when no rate is given. With all that comes behind it a handshake costs a server that has just started 4 to
    /// 9 ms, so that less than half of the machine goes to them; measured by <c>reconnect-storm</c> in perf.
    /// </summary>
    private const int PerProcessor = 50;

    /// <summary>A handful at once is served at once; more would be felt by those who are served.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the queue may be when a lane comes in.</summary>
    private static readonly TimeSpan LaneAhead = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two looks whether what is waited for is there.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly TokenBucket _bucket;
    private readonly TimeProvider _time;
    private readonly ServerMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Queue<(HandshakePermit Permit, long Begun)> _permits = new();
    private int _underWay;
    private int _waiting;
    private int _lanesWaiting;
    private int _refused;
    private long _logged;

    /// <param name="perSecond">Handshakes; 0 for a rate by the number of processors.</param>
    /// <param name="time">Clock of the rate.</param>
    /// <param name="metrics">Of the server.</param>
    /// <param name="logger">Of the server.</param>
    public HandshakeAdmission(int perSecond, TimeProvider time, ServerMetrics metrics, ILogger logger)
    {
        PerSecond = perSecond > 0 ? perSecond : PerProcessor * Environment.ProcessorCount;
        _bucket = new TokenBucket(PerSecond, Kept, LongestWait, time);
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _logged = time.GetTimestamp() - (long)(LogInterval.TotalSeconds * time.TimestampFrequency);
        metrics.Handshakes.Observe(() => Volatile.Read(ref _waiting));
    }

    public int PerSecond { get; }

    /// <summary>
    /// In which admitted connections are worked on until they have a call. A processor stays free for those who are served: a handshake,
    /// and what HTTP/2 says before the call, is milliseconds of work.
    /// </summary>
    public HandshakeTurns Turns { get; } = new(Math.Max(1, Environment.ProcessorCount - 1));

    /// <summary>Whether this machine, or what it is given of it, does not keep up: a quarter of a second's handshakes wait.</summary>
    private bool IsBehind => Turns.Count > Math.Max(4, PerSecond / 4);

    /// <summary>
    /// Whether a handshake that comes now would be admitted. Asked before anything is read or made of a connection: a fleet that is turned
    /// away comes again and again, and what it costs each time must be next to nothing.
    /// </summary>
    public bool HasRoom()
    {
        if (!_bucket.IsEmpty && !IsBehind)
        {
            return true;
        }

        Refuse();
        return false;
    }

    /// <summary>Returns when the handshake may go on.</summary>
    /// <param name="isLane">Of a tunnel that is there already.</param>
    /// <param name="clientWaits">Since its bytes are there; null when it has left.</param>
    /// <param name="cancellationToken">Fires when the connection has waited for too long.</param>
    /// <returns>Ends when the connection is one that is served, or none; null if the handshake may not go on.</returns>
    public async ValueTask<HandshakePermit?> AdmitAsync(bool isLane, Func<TimeSpan?> clientWaits, CancellationToken cancellationToken)
    {
        if (IsTooLate(clientWaits))
        {
            return null;
        }

        var wait = _bucket.Take(isLane ? LaneAhead : LongestWait);
        if (wait == TimeSpan.Zero && TryBegin() is { } atOnce)
        {
            _metrics.Handshakes.Admitted();
            return atOnce;
        }

        CollectionHold.Begin();
        Interlocked.Increment(ref _waiting);
        try
        {
            return await WaitAsync(wait, isLane, clientWaits, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async ValueTask<HandshakePermit?> WaitAsync(
        TimeSpan? wait, bool isLane, Func<TimeSpan?> clientWaits, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        wait ??= isLane ? await LaneTokenAsync(cancellationToken) : null;
        await Task.Delay(wait ?? TimeSpan.Zero, _time, cancellationToken);
        while (wait is not null)
        {
            if (IsTooLate(clientWaits))
            {
                _bucket.GiveBack();
                return null;
            }

            if (TryBegin() is { } permit)
            {
                _metrics.Handshakes.Delayed();
                return permit;
            }

            if (_time.GetElapsedTime(started) >= LongestWait)
            {
                break;
            }

            await Task.Delay(Look, _time, cancellationToken);
        }

        Refuse();
        return null;
    }

    /// <summary>Null when enough handshakes are under way.</summary>
    private HandshakePermit? TryBegin()
    {
        lock (_gate)
        {
            while (_permits.TryPeek(out var oldest) && (oldest.Permit.IsOver || _time.GetElapsedTime(oldest.Begun) > Counted))
            {
                _permits.Dequeue();
                oldest.Permit.Dispose();
            }

            if (IsBehind || Volatile.Read(ref _underWay) >= Math.Max(LeastUnderWay, PerSecond * UnderWay.TotalSeconds))
            {
                return null;
            }

            Interlocked.Increment(ref _underWay);
            var permit = new HandshakePermit(() => Interlocked.Decrement(ref _underWay));
            _permits.Enqueue((permit, _time.GetTimestamp()));
            return permit;
        }
    }

    private bool IsTooLate(Func<TimeSpan?> clientWaits)
    {
        if (clientWaits() <= LongestPatience)
        {
            return false;
        }

        _metrics.Handshakes.TooLate();
        return true;
    }

    /// <summary>The token of a lane that has to wait for tunnels; null when these leave it none, or too many other lanes wait.</summary>
    private async ValueTask<TimeSpan?> LaneTokenAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var hasRoom = Interlocked.Increment(ref _lanesWaiting) <= PerSecond * LongestWait.TotalSeconds;
        try
        {
            TimeSpan? wait = null;
            while (hasRoom && wait is null && _time.GetElapsedTime(started) < LongestWait)
            {
                await Task.Delay(Look, _time, cancellationToken);
                wait = _bucket.Take(LaneAhead);
            }

            return wait;
        }
        finally
        {
            Interlocked.Decrement(ref _lanesWaiting);
        }
    }

    private void Refuse()
    {
        _metrics.Handshakes.Refused();
        int refused;
        lock (_gate)
        {
            _refused++;
            if (_time.GetElapsedTime(_logged) < LogInterval)
            {
                return;
            }

            _logged = _time.GetTimestamp();
            refused = _refused;
            _refused = 0;
        }

        _logger.HandshakesRefused(refused, PerSecond, LongestWait);
    }
}
