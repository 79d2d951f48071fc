namespace ClusterProxy.Server.Peers;

/// <summary>Which link serves which server: one that has several addresses gets one lane.</summary>
internal sealed class PeerClaims
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PeerLink> _links = new(StringComparer.Ordinal);

    /// <summary>False when another link serves the server well.</summary>
    public bool TryClaim(string serverId, PeerLink link)
    {
        lock (_gate)
        {
            if (_links.TryGetValue(serverId, out var other) && other.Lane is { IsUsable: true })
            {
                return false;
            }

            _links[serverId] = link;
            return true;
        }
    }

    public void Release(string serverId, PeerLink link)
    {
        lock (_gate)
        {
            if (_links.GetValueOrDefault(serverId) == link)
            {
                _links.Remove(serverId);
            }
        }
    }
}
