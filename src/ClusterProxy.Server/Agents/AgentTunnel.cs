using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Grpc;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// One agent's stream: the dials it was asked for and the connections that came of them. Ids of both kinds are looked up
/// in this tunnel only, so no agent can answer, feed or close what belongs to another stream, of the same agent id or not.
/// </summary>
/// <remarks>The reading loop hands bytes on and never awaits a send; replies it owes go to the writer's queue.</remarks>
internal sealed class AgentTunnel
{
    /// <summary>Two pings unanswered: with it a black-holed tunnel is out of routing within 5 s of its last byte.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    private readonly PacketReader _reader;
    private readonly TimedPipeWriter _output;
    private readonly TunnelWriter _writer;
    private readonly LegObserver _observer;
    private readonly TunnelFeatureSet _features;
    private readonly TunnelRoundTrip? _roundTrip;
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly ServerMetrics _metrics;
    private readonly ILogger _logger;
    private readonly PendingDials _dials = new();
    private readonly ConnectionTable _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _draining;

    public AgentTunnel(
        AgentIdentity agent, PipeReader input, PipeWriter output, TunnelLimits limits, TimeProvider time,
        ServerMetrics metrics, ILogger logger)
    {
        Agent = agent;
        _features = TunnelFeatures.Agent & TunnelFeatures.Parse(agent.Features);
        _reader = new PacketReader(input, limits.MaxMessageSize);
        _output = new TimedPipeWriter(output, time);
        _observer = new LegObserver(metrics.ToAgent, metrics.FromAgent, metrics);
        _writer = new TunnelWriter(_output, limits, _observer);
        _roundTrip = _features.HasFlag(TunnelFeatureSet.Ping) ? new TunnelRoundTrip(_writer, time, metrics.RoundTrip) : null;
        _limits = limits;
        _time = time;
        _metrics = metrics;
        _logger = logger;
    }

    public AgentIdentity Agent { get; }

    /// <summary>
    /// The agent is about to leave, does not answer, or came with a certificate that has ended: it is picked only when no other matches.
    /// </summary>
    public bool IsDraining => _draining || _roundTrip?.SilentFor > SilenceLimit || Agent.CertificateEnd <= _time.GetUtcNow();

    /// <summary>Whether this server gave the tunnel up.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Whether one direction of a connection can end alone.</summary>
    public bool CanHalfClose => _features.HasFlag(TunnelFeatureSet.HalfClose);

    /// <summary>Whether the reader waits for a connection whose queue is full.</summary>
    public bool IsStalled => _observer.IsStalled;

    public int ConnectionCount => _connections.Count;

    public int PendingDialCount => _dials.Count;

    public long QueuedBytes => _connections.QueuedBytes;

    /// <summary>For how long the agent has taken nothing of what is sent to it.</summary>
    public TimeSpan BlockedFor => _output.BlockedFor;

    /// <summary>Asks the agent for a connection; null when the tunnel has ended.</summary>
    public PendingDial? TryDial(string protocol, string address)
    {
        if (_dials.TryAdd() is not { } dial)
        {
            return null;
        }

        if (_writer.TrySend(PacketFactory.DialRequest(protocol, address, dial.Id)))
        {
            return dial;
        }

        _dials.TryTake(dial.Id);
        return null;
    }

    /// <summary>Gives a dial up and tells the agent; false when it has been answered. A late answer is closed again.</summary>
    public bool TryCancel(PendingDial dial)
    {
        if (_dials.TryTake(dial.Id) is null)
        {
            return false;
        }

        _writer.TrySend(PacketFactory.CloseDial(dial.Id));
        return true;
    }

    /// <summary>Ends the stream with what is in it: for an agent that takes nothing any more.</summary>
    public void Retire()
    {
        _draining = true;
        IsRetired = true;
        _logger.TunnelRetired(Agent.Id, Agent.Peer, BlockedFor);
        _stop.Cancel();
    }

    /// <summary>Ends the stream; the agent sees status OK, as at the end of a server.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Runs until the stream ends; afterwards no dial and no connection is left.</summary>
    /// <param name="registry">Lists the tunnel while it runs.</param>
    /// <param name="ended">Fires when the agent's connection breaks.</param>
    public async Task<GrpcStatus> RunAsync(AgentRegistry registry, CancellationToken ended)
    {
        registry.Add(this);
        using var registration = ended.UnsafeRegister(static tunnel => ((AgentTunnel)tunnel!)._stop.Cancel(), this);
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
                return Failed(new IOException(), _metrics.FromAgent);
            }

            return WriterFault() is { } fault ? Failed(fault, _metrics.ToAgent) : GrpcStatus.OK;
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException)
        {
            return Failed(e, _metrics.FromAgent);
        }
        finally
        {
            // Out of the registry first: the dials that end here look for another tunnel at once.
            registry.Remove(this);
            _dials.EndAll();
            _connections.EndAll(CloseReason.TunnelLost);
            await _writer.DisposeAsync();
            await (_roundTrip?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private Exception? WriterFault() => _writer.Completion.Exception?.InnerException;

    private GrpcStatus Failed(Exception fault, PacketCounts segment)
    {
        var status = fault is IOException ? new(GrpcStatusCode.Canceled, "the agent's connection broke") : GrpcErrorCodes.FromException(fault);
        _metrics.StreamFailed(segment, status.Code);
        return status;
    }

    private async Task<GrpcStatus> ReadAsync()
    {
        while (await _reader.ReadAsync(_stop.Token))
        {
            while (_reader.TryRead(out var packet))
            {
                _observer.PacketReceived(packet.Type, packet.Payload.Length);
                switch (packet.Type)
                {
                    case PacketType.Data when _connections.Find(packet.ConnectId) is { } connection:
                        await connection.ReceiveAsync(packet.Payload);
                        break;
                    case PacketType.Data when packet.ConnectId == 0:
                        _logger.DataWithoutConnection(Agent.Id);
                        break;
                    case PacketType.Data:
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
            case PacketType.HalfClose when CanHalfClose:
                _connections.Find(packet.CloseRequest?.ConnectID ?? 0)?.EndInputByHalfClose();
                break;
            case PacketType.Credit when _features.HasFlag(TunnelFeatureSet.Credit):
                _connections.Find(packet.Credit?.ConnectID ?? 0)?.ReceiveCredit(packet.Credit!.Bytes);
                break;
            case PacketType.Ping:
                _roundTrip?.Receive(packet.Ping ?? new Ping());
                break;
            case PacketType.DialCls:
                _dials.TryTake(packet.CloseDial?.Random ?? 0)?.Complete(DialAnswer.Closed);
                break;
            case PacketType.Drain:
                _draining = true;
                _logger.AgentDraining(Agent.Id, Agent.Peer, ConnectionCount);
                break;
        }
    }

    private void OnCloseResponse(CloseResponse response) =>
        _connections.Find(response.ConnectID)?.EndByPeer(CloseReasonNames.FromWireText(response.Error));

    private void OnDialResponse(DialResponse response)
    {
        if (_dials.TryTake(response.Random) is not { } dial)
        {
            _metrics.DialResponseUnrecognized();

            // An answer said twice names a connection that is in use.
            if (response.ConnectID != 0 && _connections.Find(response.ConnectID) is null)
            {
                _writer.TrySend(PacketFactory.CloseRequest(response.ConnectID));
            }

            return;
        }

        if (response.Error.Length > 0)
        {
            dial.Complete(DialAnswer.Refused(response.Error));
            return;
        }

        if (response.ConnectID == 0 || _connections.Find(response.ConnectID) is not null)
        {
            _logger.ConnectIdUnusable(Agent.Id, response.ConnectID);
            dial.Complete(DialAnswer.Refused($"the agent answered with connect id {response.ConnectID}, which cannot be used"));
            return;
        }

        var started = _time.GetTimestamp();
        var connection = new TunnelConnection(
            _writer, response.ConnectID, TunnelRole.Dialer, _features, _limits, _time, _observer, ended =>
            {
                _metrics.ConnectionEnded(ended.Reason ?? CloseReason.TunnelLost, _time.GetElapsedTime(started));
                _connections.Remove(ended);
            });
        _connections.TryAdd(connection);
        dial.Complete(DialAnswer.Connected(connection));
    }
}
