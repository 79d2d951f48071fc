using ClusterProxy.Hosting.Transport;

namespace ClusterProxy.Server.Planes;

/// <summary>
/// Spreads the handshakes of the agent port over time, so that a fleet that comes back at once leaves the processors to those who are
/// served. What comes too fast waits; what would wait too long is refused before it costs anything, and its agent comes back by itself.
/// Lanes wait until no tunnel does: an agent without a tunnel cannot be reached, one without its lanes can. Nobody is admitted while those
/// who were wait for a processor: agents give up on a handshake that takes too long, and then all of it was for nothing.
/// </summary>
internal sealed class HandshakeAdmission
{
    /// <summary>Half of what agents give a handshake, ours and gRPC's, so that nobody has left when his turn comes.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

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
    /// <param name="cancellationToken">Fires when the connection has waited for too long.</param>
    /// <returns>False if it may not.</returns>
    public async ValueTask<bool> AdmitAsync(bool isLane, CancellationToken cancellationToken)
    {
        var wait = _bucket.Take(isLane ? LaneAhead : LongestWait);
        if (wait == TimeSpan.Zero && !IsBehind)
        {
            _metrics.Handshakes.Admitted();
            return true;
        }

        var started = _time.GetTimestamp();
        Interlocked.Increment(ref _waiting);
        try
        {
            wait ??= isLane ? await LaneTokenAsync(cancellationToken) : null;
            await Task.Delay(wait ?? TimeSpan.Zero, _time, cancellationToken);
            while (wait is not null && IsBehind && _time.GetElapsedTime(started) < LongestWait)
            {
                await Task.Delay(Look, _time, cancellationToken);
            }

            if (wait is null || IsBehind)
            {
                Refuse();
                return false;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        _metrics.Handshakes.Delayed();
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
