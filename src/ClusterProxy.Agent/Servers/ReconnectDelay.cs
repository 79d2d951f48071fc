namespace ClusterProxy.Agent.Servers;

/// <summary>
/// The pauses between attempts: up to a base, which grows by half with each failure up to a cap. After a failure the pause is anything from
/// a tenth of that to all of it, so that agents that lost a server together do not come back together. Not thread-safe.
/// </summary>
internal sealed class ReconnectDelay
{
    private const double Growth = 1.5;
    private const double LeastPart = 0.1;
    private const double OnTop = 0.1;

    private readonly TimeSpan _least;
    private readonly TimeSpan _cap;
    private readonly Func<double> _random;
    private TimeSpan _next;

    /// <param name="least">The first pause.</param>
    /// <param name="cap">The last, but for the little on top.</param>
    /// <param name="random">From 0 to 1.</param>
    public ReconnectDelay(TimeSpan least, TimeSpan cap, Func<double> random)
    {
        _least = least;
        _cap = cap;
        _random = random;
        _next = least;
    }

    public void Reset() => _next = _least;

    /// <summary>The pause after a failure.</summary>
    public TimeSpan Next()
    {
        var delay = _next;
        _next = _next * Growth < _cap ? _next * Growth : _cap;
        return delay * (LeastPart + (1 - LeastPart) * _random());
    }

    /// <summary>The pause when nothing failed.</summary>
    public TimeSpan Base() => _least * (1 + OnTop * _random());

    /// <summary>Before an attempt that replaces a lost tunnel: spread, but not a whole pause.</summary>
    public TimeSpan Spread() => _least / 2 * _random();
}
