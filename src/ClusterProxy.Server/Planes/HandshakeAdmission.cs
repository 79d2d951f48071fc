namespace ClusterProxy.Server.Planes;

/// <summary>
/// Spreads the handshakes of the agent port over time, so that a fleet that comes back at once leaves the processors to those who are
/// served. What comes too fast waits; what would wait too long is refused before it costs anything, and its agent comes back by itself.
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

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly TokenBucket _bucket;
    private readonly TimeProvider _time;
    private readonly ServerMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private int _waiting;
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
    /// Whether a handshake that comes now would be admitted. Asked before anything is read or made of a connection: a fleet that is turned
    /// away comes again and again, and what it costs each time must be next to nothing.
    /// </summary>
    public bool HasRoom()
    {
        if (!_bucket.IsEmpty)
        {
            return true;
        }

        Refuse();
        return false;
    }

    /// <summary>Returns when the handshake may go on.</summary>
    /// <returns>False if it may not.</returns>
    public async ValueTask<bool> AdmitAsync(CancellationToken cancellationToken)
    {
        if (_bucket.Take() is not { } wait)
        {
            Refuse();
            return false;
        }

        if (wait == TimeSpan.Zero)
        {
            _metrics.Handshakes.Admitted();
            return true;
        }

        Interlocked.Increment(ref _waiting);
        try
        {
            await Task.Delay(wait, _time, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        _metrics.Handshakes.Delayed();
        return true;
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
