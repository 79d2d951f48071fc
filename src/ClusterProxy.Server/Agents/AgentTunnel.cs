using System.Collections.Immutable;
using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Peers;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// One agent's tunnel: its gRPC stream, which says that the agent is there, and the lanes that it opened beside it. Dials go
/// to the least loaded lane; without one the tunnel's own stream serves them.
/// </summary>
internal sealed class AgentTunnel
{
    private readonly AgentStream _stream;
    private readonly AgentContext _context;
    private volatile AgentRegistry? _registry;
    private ImmutableArray<AgentStream> _lanes = [];
    private volatile bool _draining;
    private volatile bool _ended;

    /// <param name="agent">Who it is.</param>
    /// <param name="laneToken">Known to the agent only: a lane that names it is the agent's own.</param>
    /// <param name="input">Of the stream.</param>
    /// <param name="output">Of the stream.</param>
    /// <param name="context">The server's side of agents.</param>
    public AgentTunnel(AgentIdentity agent, string laneToken, PipeReader input, PipeWriter output, AgentContext context)
    {
        Agent = agent;
        LaneToken = laneToken;
        _context = context;
        _stream = new AgentStream(agent, new PacketReader(input, context.Limits.MaxMessageSize), output, context, Drain);
    }

    public AgentIdentity Agent { get; }

    public string LaneToken { get; }

    /// <summary>
    /// The agent is about to leave, does not answer, or came with a certificate that has ended: it is picked only when no other matches.
    /// </summary>
    public bool IsDraining => _draining || IsSilent || Agent.CertificateEnd <= _context.Time.GetUtcNow();

    /// <summary>The agent owes answers on the tunnel's own stream.</summary>
    public bool IsSilent => _stream.IsSilent;

    /// <summary>For how long.</summary>
    public TimeSpan SilentFor => _stream.SilentFor;

    /// <summary>Whether the agent has answered a ping, if it knows what that is.</summary>
    public bool HasAnswered => _stream.HasAnswered;

    /// <summary>What new dials are spread by.</summary>
    public int Load
    {
        get
        {
            var load = _stream.Load;
            foreach (var lane in _lanes)
            {
                load += lane.Load;
            }

            return load;
        }
    }

    /// <summary>Whether this server gave the tunnel up.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Whether more waited for the agent than it took.</summary>
    public bool DoesNotRead => _stream.DoesNotRead;

    /// <summary>Whether it takes no more dials for good.</summary>
    public bool HasEnded => _ended;

    public bool IsStalled => _stream.IsStalled || _lanes.Any(static l => l.IsStalled);

    /// <summary>The lanes that are open.</summary>
    public IReadOnlyList<AgentStream> Lanes => _lanes;

    public int ConnectionCount => _stream.ConnectionCount + _lanes.Sum(static l => l.ConnectionCount);

    public int PendingDialCount => _stream.PendingDialCount + _lanes.Sum(static l => l.PendingDialCount);

    /// <summary>For how long the agent has taken nothing of what is sent to it on the stream that waits longest.</summary>
    public TimeSpan BlockedFor => _lanes.Select(static l => l.BlockedFor).Append(_stream.BlockedFor).Max();

    public long QueuedBytes => _stream.QueuedBytes + _lanes.Sum(static l => l.QueuedBytes);

    /// <summary>Asks the agent for a connection; null when the tunnel has ended.</summary>
    public PendingDial? TryDial(string protocol, string address, TraceContext trace) =>
        LeastLoadedLane()?.TryDial(protocol, address, trace) ?? _stream.TryDial(protocol, address, trace);

    /// <summary>Gives up the stream on which a dial timed out, if the agent took nothing of it all the time: it would take the next ones too.</summary>
    public void RetireIfBlocked(PendingDial dial, TimeSpan limit)
    {
        if (dial.Stream.BlockedFor >= limit)
        {
            Retire(dial.Stream);
        }
    }

    /// <summary>
    /// Ends streams that are dead, lets dials on silent ones go to others, and other servers know whether to come here. To be called about
    /// once a second.
    /// </summary>
    /// <param name="registry">This server's tunnels.</param>
    /// <param name="peers">The other servers; null without any.</param>
    public void Watch(AgentRegistry registry, PeerSet? peers)
    {
        registry.NoteDraining(this);
        Watch(_stream, registry, peers);
        foreach (var lane in _lanes)
        {
            Watch(lane, registry, peers);
        }
    }

    /// <summary>Tells the agent which servers there are.</summary>
    public void Announce(ServerSet servers) => _stream.Announce(servers);

    /// <summary>The agent asked for no new dials.</summary>
    public void Drain()
    {
        if (_draining)
        {
            // Said over and over it would be as many lines.
            return;
        }

        _draining = true;
        _registry?.NoteDraining(this);
        _context.Logger.AgentDraining(Agent.Id, Agent.Peer, ConnectionCount);
    }

    /// <summary>Tells the agent that this server is about to leave.</summary>
    /// <param name="within">How long it has to look for another.</param>
    public void AskToMove(TimeSpan within) => _stream.AskToMove(within);

    /// <summary>Ends the stream and its lanes; the agent sees status OK, as at the end of a server.</summary>
    public void Stop() => _stream.Stop();

    /// <summary>Runs until the stream ends; afterwards no dial and no connection is left on it, and its lanes end too.</summary>
    /// <param name="registry">Lists the tunnel while it runs.</param>
    /// <param name="ended">Fires when the agent's connection breaks.</param>
    public async Task<GrpcStatus> RunAsync(AgentRegistry registry, CancellationToken ended)
    {
        registry.Add(this);
        _registry = registry;
        try
        {
            return await _stream.RunAsync(() => Leave(registry), ended);
        }
        finally
        {
            foreach (var lane in _lanes)
            {
                lane.Stop();
            }
        }
    }

    /// <summary>Runs a lane until it, or the tunnel, ends.</summary>
    public async Task<GrpcStatus> RunLaneAsync(PacketReader reader, PipeWriter output, CancellationToken ended)
    {
        var lane = new AgentStream(Agent, reader, output, _context, Drain);
        ImmutableInterlocked.Update(ref _lanes, static (lanes, added) => lanes.Add(added), lane);
        if (_ended)
        {
            lane.Stop();
        }

        return await lane.RunAsync(
            () => ImmutableInterlocked.Update(ref _lanes, static (lanes, gone) => lanes.Remove(gone), lane), ended);
    }

    private void Leave(AgentRegistry registry)
    {
        _ended = true;
        registry.Remove(this);
    }

    private void Watch(AgentStream stream, AgentRegistry registry, PeerSet? peers)
    {
        stream.AskIfIdle();
        if (stream.IsSilent && stream.PendingDialCount > 0)
        {
            GiveBackDials(stream, registry, peers);
        }

        if (stream.FindDead())
        {
            Retire(stream);
        }
    }

    /// <summary>Apart from the look that every stream gets, which thus makes no object for what it hands on here.</summary>
    private void GiveBackDials(AgentStream stream, AgentRegistry registry, PeerSet? peers) =>
        stream.GiveBackDials(search => !IsSilent || HasAnother(search, registry, peers));

    /// <summary>One that the same strategy finds: by another one a dial would come to where it was not meant to, and be answered there.</summary>
    private static bool HasAnother(DialSearch search, AgentRegistry registry, PeerSet? peers)
    {
        var (own, ownMatch) = registry.Find(search.Address, search.Tried, search.Clusters);
        return (own is { IsSilent: false } && ownMatch.Strategy <= search.Strategy)
            || (peers?.Pick(search.Address, search.Clusters, []).Match is { IsReady: true } match && match.Strategy <= search.Strategy);
    }

    private void Retire(AgentStream stream)
    {
        var blocked = stream.BlockedFor;
        _context.Logger.TunnelRetired(Agent.Id, Agent.Peer, blocked > stream.SilentFor ? blocked : stream.SilentFor);
        if (stream == _stream)
        {
            _draining = true;
            IsRetired = true;
        }

        stream.Stop();
    }

    private AgentStream? LeastLoadedLane()
    {
        AgentStream? best = null;
        foreach (var lane in _lanes)
        {
            if (!lane.IsSilent && (best is null || lane.Load < best.Load))
            {
                best = lane;
            }
        }

        return best;
    }
}
