using System.Collections.Concurrent;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>The connections of one tunnel, by the id that its packets carry. Ids mean nothing beyond the tunnel.</summary>
internal sealed class ConnectionTable
{
    private readonly ConcurrentDictionary<long, TunnelConnection> _connections = new();

    public int Count => _connections.Count;

    /// <summary>Bytes that came for these connections and were not taken yet.</summary>
    public long QueuedBytes => _connections.Sum(static pair => pair.Value.QueuedBytes);

    public bool TryAdd(TunnelConnection connection) => _connections.TryAdd(connection.ConnectId, connection);

    public TunnelConnection? Find(long connectId) => _connections.GetValueOrDefault(connectId);

    /// <summary>Removes the connection, by instance: an id that was used again stays.</summary>
    public bool Remove(TunnelConnection connection) =>
        _connections.TryRemove(KeyValuePair.Create(connection.ConnectId, connection));

    /// <summary>Ends every connection. Called by the tunnel's reader when it stops.</summary>
    public void EndAll(CloseReason reason)
    {
        foreach (var connection in _connections.Values)
        {
            connection.EndByPeer(reason);
        }
    }
}
