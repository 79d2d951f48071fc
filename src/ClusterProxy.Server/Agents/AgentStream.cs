using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// One stream of packets with an agent, its tunnel's own or a lane's: the dials asked on it and the connections that came of
/// them. Ids of both kinds are looked up in this stream only, so no agent can answer, feed or close what belongs to another,
/// of the same agent id or not.
/// </summary>
/// <remarks>The reading loop hands bytes on and never awaits a send; replies it owes go to the writer's queue.</remarks>
internal sealed class AgentStream : IStreamPeer
{
    /// <summary>
    /// A ping goes out at most 2 s after the last one, whose answer may have been the last byte: with it a black-holed tunnel is out of
    /// routing within 5 s of that.
    /// </summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Of agents that know no ping. One that holds its whole tunnel up for a slow target is silent too, so dials look for a
    /// quicker one, but nothing is lost by it.
    /// </summary>
    private static readonly TimeSpan ProbeSilenceLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// As long as a frontend's lane may be silent. Whatever was under way is lost with the stream, and a way that was down for some
    /// seconds goes on as if nothing had been.
    /// </summary>
    private static readonly TimeSpan DeadSilence = TimeSpan.FromSeconds(20);

    /// <summary>
    /// For agents that know no ping: a slow target may hold such an agent up, and its stream moves in steps of up to 128 KiB, so that
    /// only what is slower than 2 KB/s is taken for stuck.
    /// </summary>
    private static readonly TimeSpan BlockedLimit = TimeSpan.FromSeconds(60);

    /// <summary>What an agent says about a failed dial waits for its frontend in memory; what people can read is enough.</summary>
    private const int MaxErrorLength = 2048;

    /// <summary>An agent has the last word of a connection, so that few are crossed: those that took too long to close.</summary>
    private const int EndedWhileUnderWay = 64;

    /// <summary>Of an agent that was silent until its dials were given up, and then answers them all.</summary>
    private const int GivenUpAtOnce = 1024;

    private readonly AgentIdentity _agent;
    private readonly PacketReader _reader;
    private readonly TimedPipeWriter _output;
    private readonly TunnelWriter _writer;
    private readonly LegObserver _observer;
    private readonly TunnelFeatureSet _features;
    private readonly TunnelRoundTrip? _roundTrip;
    private readonly SilenceProbe? _probe;
    private readonly AgentContext _context;
    private readonly Action _onDrain;
    private readonly Action<TunnelConnection> _onEnded;
    private readonly PendingDials _dials;
    private readonly ConnectionTable _connections = new();
    private readonly EndedIds _endedConnections = new(EndedWhileUnderWay);
    private readonly EndedIds _givenUp = new(GivenUpAtOnce);
    private readonly EndedIds _unwanted = new(GivenUpAtOnce);
    private readonly CancellationTokenSource _stop = new();
    private bool _seemedDead;

    /// <param name="agent">Whose stream it is.</param>
    /// <param name="reader">Of the stream's packets.</param>
    /// <param name="output">Where packets go.</param>
    /// <param name="context">The server's side of agents.</param>
    /// <param name="onDrain">The agent asked for no new dials.</param>
    public AgentStream(AgentIdentity agent, PacketReader reader, PipeWriter output, AgentContext context, Action onDrain)
    {
        _agent = agent;
        _features = context.Features & TunnelFeatures.Parse(agent.Features);
        _reader = reader;
        _context = context;
        _onDrain = onDrain;
        _onEnded = OnEnded;
        _dials = new PendingDials(this);
        _output = new TimedPipeWriter(output, context.Time);
        _observer = new LegObserver(context.Metrics.ToAgent, context.Metrics.FromAgent, context.Metrics, context.Refusals, this);
        _writer = new TunnelWriter(_output, context.Limits, _observer);
        _roundTrip = _features.HasFlag(TunnelFeatureSet.Ping)
            ? new TunnelRoundTrip(_writer, context.Time, context.Metrics.RoundTrip)
            : null;
        _probe = _roundTrip is null ? new SilenceProbe(_writer, context.Time) : null;
    }

    public string Who => _agent.Who;

    public string Address => _agent.Peer;

    /// <summary>Whether the agent owes answers to pings, or to what stands for them.</summary>
    public bool IsSilent => _roundTrip?.SilentFor >= SilenceLimit || _probe?.SilentFor > ProbeSilenceLimit;

    /// <summary>For how long the agent has answered nothing that it should.</summary>
    public TimeSpan SilentFor => _roundTrip?.SilentFor ?? _probe!.SilentFor;

    /// <summary>Whether an answer to a ping has come, if the agent knows pings.</summary>
    public bool HasAnswered => _roundTrip is null or { Least: not null };

    /// <summary>Whether the reader waits for a connection whose queue is full.</summary>
    public bool IsStalled => _observer.IsStalled;

    /// <summary>What new dials are spread by.</summary>
    public int Load => ConnectionCount + PendingDialCount;

    public int ConnectionCount => _connections.Count;

    public int PendingDialCount => _dials.Count;

    /// <summary>Whether more waited for the agent than it took.</summary>
    public bool DoesNotRead => _writer.Fault is GrpcException;

    public long QueuedBytes => _connections.QueuedBytes;

    /// <summary>For how long the agent has taken nothing of what is sent to it.</summary>
    public TimeSpan BlockedFor => _output.BlockedFor;

    /// <summary>Asks the agent for a connection; null when the tunnel has ended.</summary>
    /// <param name="protocol">As the frontend said it.</param>
    /// <param name="address">As the frontend said it.</param>
    /// <param name="trace">For an agent that knows what it is.</param>
    public PendingDial? TryDial(string protocol, string address, TraceContext trace)
    {
        if (_dials.TryAdd() is not { } dial)
        {
            return null;
        }

        var told = _features.HasFlag(TunnelFeatureSet.Trace) ? trace : default;
        if (_writer.TrySend(PacketFactory.DialRequest(protocol, address, dial.Id, told.Parent ?? "", told.State ?? "")))
        {
            return dial;
        }

        _dials.TryTake(dial.Id);
        return null;
    }

    /// <summary>Tells the agent which servers there are.</summary>
    public void Announce(ServerSet servers) => _writer.TrySend(PacketFactory.Servers(servers.ToMessage()));

    /// <summary>Gives a dial up and tells the agent; false when it has been answered. A late answer is closed again.</summary>
    public bool TryCancel(PendingDial dial)
    {
        _givenUp.Add(dial.Id);
        if (_dials.TryTake(dial.Id) is null)
        {
            return false;
        }

        _writer.TrySend(PacketFactory.CloseDial(dial.Id));
        return true;
    }

    /// <summary>Asks an agent that knows no ping for a sign of life, if it has been quiet. To be called about once a second.</summary>
    public void AskIfIdle() => _probe?.AskIfIdle();

    /// <summary>
    /// Whether it is only in the way: nothing that is sent comes through, and the transport has not noticed. To be called about once a
    /// second. It takes two looks, since after a pause of this process the answers may be here and wait to be read.
    /// </summary>
    public bool FindDead()
    {
        var before = _seemedDead;
        _seemedDead = _roundTrip?.SilentFor > DeadSilence || BlockedFor > BlockedLimit;
        return before && _seemedDead;
    }

    /// <summary>Gives back the dials that wait for this agent and that another may have.</summary>
    /// <param name="hasAnother">Whether there is another.</param>
    public void GiveBackDials(Func<DialSearch, bool> hasAnother)
    {
        foreach (var dial in _dials.Waiting())
        {
            if (dial.Search is { } search && hasAnother(search) && TryCancel(dial))
            {
                dial.Complete(DialAnswer.Unanswered);
            }
        }
    }

    /// <summary>Tells the agent, if it knows what that is, that this server is about to leave.</summary>
    public void AskToMove(TimeSpan within)
    {
        if (_features.HasFlag(TunnelFeatureSet.Drain))
        {
            _writer.TrySend(PacketFactory.Drain(within));
        }
    }

    /// <summary>Ends the stream; on a tunnel's own the agent sees status OK, as at the end of a server.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Runs until the stream ends; afterwards no dial and no connection is left.</summary>
    /// <param name="leave">Takes the stream out of routing. It comes before the dials end, which look for another at once.</param>
    /// <param name="ended">Fires when the agent's connection breaks.</param>
    public async Task<GrpcStatus> RunAsync(Action leave, CancellationToken ended)
    {
        await using var registration = ended.UnsafeRegister(static stream => ((AgentStream)stream!)._stop.Cancel(), this);
        var reading = ReadAsync();
        try
        {
            if (await Task.WhenAny(reading, _writer.Completion) != reading)
            {
                await _stop.CancelAsync();
            }

            return await reading;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            if (ended.IsCancellationRequested)
            {
                return Failed(new IOException(), _context.Metrics.FromAgent);
            }

            return WriterFault() is { } fault ? Failed(fault, _context.Metrics.ToAgent) : GrpcStatus.OK;
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException)
        {
            return Failed(e, _context.Metrics.FromAgent);
        }
        finally
        {
            leave();
            _dials.EndAll();
            _connections.EndAll(CloseReason.TunnelLost);
            await _writer.DisposeAsync();
            _observer.End();
            await (_roundTrip?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private Exception? WriterFault() => _writer.Completion.Exception?.InnerException;

    private GrpcStatus Failed(Exception fault, PacketCounts segment)
    {
        if (_writer.Fault is GrpcException overflow)
        {
            // What broke afterwards broke of it.
            (fault, segment) = (overflow, _context.Metrics.ToAgent);
        }

        var status = fault is IOException ? new(GrpcStatusCode.Canceled, "the agent's connection broke") : GrpcErrorCodes.FromException(fault);
        _context.Metrics.StreamFailed(segment, status.Code);
        return status;
    }

    private async Task<GrpcStatus> ReadAsync()
    {
        while (await _reader.ReadAsync(_stop.Token))
        {
            _probe?.Hear();
            while (_reader.TryRead(out var packet))
            {
                _observer.PacketReceived(packet.Type, packet.Payload.Length);
                switch (packet.Type)
                {
                    case PacketType.Data when _connections.Find(packet.ConnectId) is { } connection:
                        await connection.ReceiveAsync(packet.Payload);
                        break;
                    case PacketType.Data when packet.ConnectId == 0:
                        RefuseOf(0);
                        break;
                    case PacketType.Data:
                        RefuseOf(packet.ConnectId);
                        _writer.TrySend(PacketFactory.CloseRequest(packet.ConnectId));
                        break;
                    default:
                        OnControl(packet.Message!);
                        break;
                }
            }
        }

        return GrpcStatus.OK;
    }

    private void OnControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialRsp:
                OnDialResponse(packet.DialResponse ?? new DialResponse());
                break;
            case PacketType.CloseRsp:
                OnCloseResponse(packet.CloseResponse ?? new CloseResponse());
                break;
            case PacketType.HalfClose when _features.HasFlag(TunnelFeatureSet.HalfClose):
                Find(packet.CloseRequest?.ConnectID ?? 0)?.EndInputByHalfClose();
                break;
            case PacketType.Credit when _features.HasFlag(TunnelFeatureSet.Credit):
                Find(packet.Credit?.ConnectID ?? 0)?.ReceiveCredit(packet.Credit!.Bytes);
                break;
            case PacketType.Ping when _roundTrip is not null:
                _roundTrip.Receive(packet.Ping ?? new Ping());
                break;
            case PacketType.DialCls:
                Take(packet.CloseDial?.Random ?? 0)?.Complete(DialAnswer.Closed);
                break;
            case PacketType.Drain:
                _onDrain();
                break;
            default:
                _observer.Refuse(PacketRefusal.Meaningless, 0);
                break;
        }
    }

    private void OnCloseResponse(CloseResponse response)
    {
        // The answer to the probe was awaited, and is no sign of a defect.
        if (_probe is null || response.ConnectID != SilenceProbe.NoConnection)
        {
            Find(response.ConnectID)?.EndByPeer(CloseReasonNames.FromWireText(response.Error));
        }
    }

    /// <summary>Null, and noted, when the agent has no such connection.</summary>
    private TunnelConnection? Find(long connectId)
    {
        var connection = _connections.Find(connectId);
        if (connection is null)
        {
            RefuseOf(connectId);
        }

        return connection;
    }

    /// <summary>Null, and noted, when no such dial waits for the agent.</summary>
    private PendingDial? Take(long id)
    {
        var dial = _dials.TryTake(id);
        if (dial is null)
        {
            _observer.Refuse(_givenUp.Refusal(id, PacketRefusal.UnknownDial), id);
        }

        return dial;
    }

    private void RefuseOf(long connectId) => _observer.Refuse(
        _endedConnections.Refusal(connectId, _unwanted.Refusal(connectId, PacketRefusal.UnknownConnection)), connectId);

    private void OnDialResponse(DialResponse response)
    {
        if (Take(response.Random) is not { } dial)
        {
            _context.Metrics.DialResponseUnrecognized();

            // An answer said twice names a connection that is in use.
            if (response.ConnectID != 0 && _connections.Find(response.ConnectID) is null)
            {
                if (_givenUp.Contains(response.Random))
                {
                    // What the agent has said of it meanwhile is on its way, and its word that it is closed will be.
                    _unwanted.Add(response.ConnectID);
                }

                _writer.TrySend(PacketFactory.CloseRequest(response.ConnectID));
            }

            return;
        }

        if (response.Error.Length > 0)
        {
            dial.Complete(DialAnswer.Refused(response.Error.Length <= MaxErrorLength ? response.Error : response.Error[..MaxErrorLength]));
            return;
        }

        if (response.ConnectID == 0 || _connections.Find(response.ConnectID) is not null)
        {
            _context.Refusals.ConnectIdUnusable(_agent.Id, response.ConnectID);
            dial.Complete(DialAnswer.Refused($"the agent answered with connect id {response.ConnectID}, which cannot be used"));
            return;
        }

        var connection = new TunnelConnection(
            _writer, response.ConnectID, TunnelRole.Dialer, _features, _context.Limits, _context.Time, _observer, _onEnded, _roundTrip);
        _connections.TryAdd(connection);
        dial.Complete(DialAnswer.Connected(connection));
    }

    private void OnEnded(TunnelConnection connection)
    {
        _context.Metrics.ConnectionEnded(connection.Reason ?? CloseReason.TunnelLost, connection.Age);
        _endedConnections.Add(connection.ConnectId);
        _connections.Remove(connection);
    }
}
