using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>One end of a tunnel: what the server's and the agent's have in common.</summary>
internal abstract class SimulatedEnd
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly PacketReader _reader;
    private readonly SimulatedEvent _writerEnded;

    protected SimulatedEnd(SimulatedWorld world, PipeReader input, PipeWriter output)
    {
        World = world;
        _writerEnded = new SimulatedEvent(world.Scheduler);
        _input = input;
        _output = output;
        _reader = new PacketReader(input);
        Writer = new TunnelWriter(output, world.Options.Limits);
        RoundTrip = new TunnelRoundTrip(Writer, world.Time);
    }

    public TunnelWriter Writer { get; }

    public TunnelRoundTrip RoundTrip { get; }

    public ConnectionTable Connections { get; } = new();

    public bool IsEnded { get; private set; }

    public abstract int DialCount { get; }

    protected SimulatedWorld World { get; }

    /// <summary>Why connections end whose tunnel is lost.</summary>
    protected virtual CloseReason Loss => CloseReason.TunnelLost;

    /// <summary>Reads until the tunnel ends; afterwards no dial and no connection is left.</summary>
    public async Task RunAsync()
    {
        World.TrackLoop(CancelReadWhenWriterEndsAsync());
        try
        {
            while (await _reader.ReadAsync(CancellationToken.None))
            {
                while (_reader.TryRead(out var packet))
                {
                    await HandleAsync(packet);
                }
            }
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException)
        {
            // The transport broke, in the middle of a message perhaps, or the writer's failure ended the tunnel.
        }

        IsEnded = true;
        EndDials();
        Connections.EndAll(Loss);
        Writer.Abort(new OperationCanceledException("the tunnel was closed"));
        await _writerEnded;
        await _output.CompleteAsync();
        await _input.CompleteAsync();
    }

    /// <summary>Ends behind what is queued.</summary>
    public void Stop() => Writer.Complete();

    protected abstract void EndDials();

    protected abstract void HandleControl(Packet packet);

    protected abstract void RefuseData(long connectId);

    protected TunnelConnection Open(long connectId, TunnelRole role, TunnelFeatureSet features, Action? onEnded = null)
    {
        var ended = World.Ended(Connections) + (_ => onEnded?.Invoke());
        var connection = new TunnelConnection(
            Writer, connectId, role, features, World.Options.Limits, World.Time, observer: null, ended, RoundTrip);
        World.Opened(connection);
        Connections.TryAdd(connection);
        return connection;
    }

    private ValueTask HandleAsync(in ReceivedPacket packet)
    {
        switch (packet.Type)
        {
            case PacketType.Data when Connections.Find(packet.ConnectId) is { } connection:
                return connection.ReceiveAsync(packet.Payload);
            case PacketType.Data:
                RefuseData(packet.ConnectId);
                break;
            case PacketType.Credit:
                var credit = packet.Message!.Credit;
                Connections.Find(credit.ConnectID)?.ReceiveCredit(credit.Bytes);
                break;
            case PacketType.Ping:
                RoundTrip.Receive(packet.Message!.Ping);
                break;
            default:
                HandleControl(packet.Message!);
                break;
        }

        return ValueTask.CompletedTask;
    }

    private async Task CancelReadWhenWriterEndsAsync()
    {
        // The only one who awaits it: of several, a task sends all to the pool.
        await Writer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writerEnded.Set();
        if (!IsEnded)
        {
            _input.CancelPendingRead();
        }
    }
}
