using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Agents;

namespace ClusterProxy.Server.Fleet;

/// <summary>Tells agents which servers there are: in the headers of their tunnel, and by a packet whenever it changes.</summary>
/// <param name="source">Knows them.</param>
/// <param name="fanOut">How many tunnels each agent is to keep; 0 for all.</param>
/// <param name="self">This server.</param>
/// <param name="logger">Told of changes.</param>
internal sealed class ServerAnnouncer(IServerSource source, int fanOut, ServerIdentity self, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AgentTunnel, ServerSet> _told = [];

    public int Count => source.Servers.Length;

    public IReadOnlyList<string> Warnings => source.Warnings;

    public void Start()
    {
        Tell();
        source.Start(Announce);
    }

    /// <summary>What this agent is to be told; no servers for one that would not understand it.</summary>
    public ServerSet For(AgentIdentity agent)
    {
        var servers = source.Servers;
        return servers.IsEmpty || !TunnelFeatures.Parse(agent.Features).HasFlag(TunnelFeatureSet.Servers) ? ServerSet.None
            : fanOut == 0 ? new ServerSet(servers)
            : new ServerSet(servers, fanOut, agent.Cluster.Length > 0 ? agent.Cluster : agent.Id);
    }

    /// <summary>Keeps the tunnel's agent informed.</summary>
    /// <param name="tunnel">Its agent.</param>
    /// <param name="told">In the headers, which may be out of date by now.</param>
    public void Add(AgentTunnel tunnel, ServerSet told)
    {
        lock (_gate)
        {
            _told[tunnel] = told;
            Update(tunnel);
        }
    }

    public void Remove(AgentTunnel tunnel)
    {
        lock (_gate)
        {
            _told.Remove(tunnel);
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private void Announce()
    {
        Tell();
        lock (_gate)
        {
            foreach (var tunnel in _told.Keys.ToArray())
            {
                Update(tunnel);
            }
        }
    }

    /// <summary>Must hold the gate, so that no older set overtakes a newer one.</summary>
    private void Update(AgentTunnel tunnel)
    {
        var now = For(tunnel.Agent);
        if (now != _told[tunnel])
        {
            _told[tunnel] = now;
            tunnel.Announce(now);
        }
    }

    private void Tell()
    {
        var servers = source.Servers;
        if (servers.IsEmpty)
        {
            return;
        }

        logger.ServersAnnounced(servers.Length, string.Join(", ", servers));
        if (servers.All(s => s.Id.Length > 0 && s.Id != self.Id))
        {
            logger.ServerNotAnnounced(self.Id);
        }

        if (self.Count < servers.Length)
        {
            logger.ServerCountBehind(self.Count, servers.Length);
        }
    }
}
