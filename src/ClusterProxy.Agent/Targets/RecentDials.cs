namespace ClusterProxy.Agent.Targets;

/// <summary>
/// The dials that were answered last. A DIAL_CLS that crossed its DIAL_RSP names a dial that is no longer pending; without
/// this its connection would live on with nobody at the other end. Not thread-safe.
/// </summary>
internal sealed class RecentDials
{
    /// <summary>More than a tunnel answers within a round trip.</summary>
    private const int Capacity = 1024;

    private readonly Queue<(long DialId, long ConnectId)> _order = new();
    private readonly Dictionary<long, long> _connectIds = [];

    public void Remember(long dialId, long connectId)
    {
        if (_order.Count == Capacity && _order.Dequeue() is var (oldDialId, oldConnectId) && _connectIds.GetValueOrDefault(oldDialId) == oldConnectId)
        {
            _connectIds.Remove(oldDialId);
        }

        _order.Enqueue((dialId, connectId));
        _connectIds[dialId] = connectId;
    }

    /// <summary>The connection that the dial opened, or 0.</summary>
    public long Find(long dialId) => _connectIds.GetValueOrDefault(dialId);
}
