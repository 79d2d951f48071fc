using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// Another server's part of the fleet's map, as far as it has been told on one lane. It ends with that lane: what a server owns that
/// cannot be asked is of no use.
/// </summary>
/// <remarks>The lane's reader applies, dials look up; a lock for some assignments keeps them apart.</remarks>
internal sealed class PeerTunnels
{
    /// <summary>Many times what one server can serve, some 50 MiB. What goes beyond is not found from here.</summary>
    public const int DefaultCapacity = 200_000;

    private readonly int _capacity;
    private readonly Lock _gate = new();
    private TunnelTable _table = new();
    private TunnelTable? _coming;
    private long _comingVersion;
    private long _version;
    private long _overflow;
    private volatile bool _isWhole;

    public PeerTunnels(int capacity = DefaultCapacity) => _capacity = capacity;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _table.Count;
            }
        }
    }

    /// <summary>Whether all of them have been told, once at least.</summary>
    public bool IsWhole => _isWhole;

    /// <summary>Tunnels that there was no room for.</summary>
    public long Overflow => Interlocked.Read(ref _overflow);

    public IReadOnlyList<OwnedTunnel> Tunnels
    {
        get
        {
            lock (_gate)
            {
                return [.. _table.Tunnels];
            }
        }
    }

    /// <summary>Takes a packet up.</summary>
    /// <returns>The version to acknowledge; 0 when the packet does not follow what is known, so that all must come anew.</returns>
    public long Apply(Ownership update)
    {
        lock (_gate)
        {
            if (update.Since == 0)
            {
                (_coming, _comingVersion) = (new TunnelTable(), update.Version);
            }
            else if (_coming is not null ? update.Since != _comingVersion || update.Version != _comingVersion : update.Since != _version)
            {
                _coming = null;
                return _version = 0;
            }

            Apply(update, _coming ?? _table);
            if (_coming is null)
            {
                return _version = update.Version;
            }

            if (!update.More)
            {
                // Until here dials have used what was known before.
                (_table, _version, _coming) = (_coming, _comingVersion, null);
                _isWhole = true;
            }

            return update.Version;
        }
    }

    /// <summary>The best of its tunnels for a dial.</summary>
    /// <param name="strategies">In the order in which a dial asks them.</param>
    /// <param name="host">The dialled host, without port.</param>
    /// <param name="clusters">Whose agents may have the dial; null for everybody's.</param>
    public TunnelMatch Match(IReadOnlyList<ProxyStrategy> strategies, string host, IReadOnlySet<string>? clusters)
    {
        lock (_gate)
        {
            for (var i = 0; i < strategies.Count; i++)
            {
                if (_table.Find(strategies[i], host, clusters) is { } isReady)
                {
                    return new(i, isReady);
                }
            }
        }

        return TunnelMatch.None;
    }

    private void Apply(Ownership update, TunnelTable table)
    {
        foreach (var number in update.Gone)
        {
            table.Remove(number);
        }

        foreach (var tunnel in update.There)
        {
            if (table.Count < _capacity || table.Contains(tunnel.Number))
            {
                table.Set(tunnel);
            }
            else
            {
                Interlocked.Increment(ref _overflow);
            }
        }
    }
}
