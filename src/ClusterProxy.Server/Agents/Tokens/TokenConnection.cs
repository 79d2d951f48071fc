namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>One connection to the agent port, and who was let in on it: nearly always one.</summary>
internal sealed class TokenConnection : IDisposable
{
    private readonly TokenConnections _all;
    private readonly ITimer _patience;
    private readonly Lock _gate = new();
    private readonly List<string> _holders = new(1);
    private bool _isOver;

    /// <param name="all">Counts it.</param>
    /// <param name="time">Clock of the patience.</param>
    /// <param name="cut">Called when nobody was let in for that long.</param>
    public TokenConnection(TokenConnections all, TimeProvider time, Action cut)
    {
        _all = all;
        _patience = time.CreateTimer(
            _ =>
            {
                if (IsOfNobody())
                {
                    cut();
                }
            },
            null, TokenConnections.Patience, Timeout.InfiniteTimeSpan);
    }

    public int Limit => _all.Limit;

    /// <summary>Lets a holder in; false when he has as many connections as he may, or this one is over.</summary>
    public bool TryLetIn(string holder)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return false;
            }

            if (!_holders.Contains(holder))
            {
                if (!_all.TryTake(holder))
                {
                    return false;
                }

                _holders.Add(holder);
            }
        }

        _patience.Dispose();
        return true;
    }

    public void Dispose()
    {
        _patience.Dispose();
        lock (_gate)
        {
            _isOver = true;
            _holders.ForEach(_all.Release);
            _holders.Clear();
        }
    }

    /// <summary>True once: nobody comes in afterwards.</summary>
    private bool IsOfNobody()
    {
        lock (_gate)
        {
            if (_isOver || _holders.Count > 0)
            {
                return false;
            }

            return _isOver = true;
        }
    }
}
