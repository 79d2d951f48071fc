namespace ClusterProxy.Server.Peers;

/// <summary>Which link serves which server: one that has several addresses gets one lane.</summary>
internal sealed class PeerClaims
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PeerLink> _links = new(StringComparer.Ordinal);

    /// <summary>False when another link serves the server.</summary>
    public bool TryClaim(string serverId, PeerLink link)
    {
        lock (_gate)
        {
            if (IsServed(serverId, link))
            {
                return false;
            }

            _links[serverId] = link;
            return true;
        }
    }

    /// <summary>Whether another link serves the server well, or is about to: one that has claimed it opens its lane next.</summary>
    public bool IsServed(string serverId, PeerLink link)
    {
        lock (_gate)
        {
            return _links.TryGetValue(serverId, out var other) && other != link && other.Lane is not { IsUsable: false };
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
