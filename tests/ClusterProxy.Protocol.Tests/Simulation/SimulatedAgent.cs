using System.Globalization;
using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>The agent's end of a tunnel: it answers dials and runs the targets' connections.</summary>
internal sealed class SimulatedAgent(SimulatedWorld world, PipeReader input, PipeWriter output) : SimulatedEnd(world, input, output)
{
    private readonly HashSet<long> _pending = [];
    private readonly Dictionary<long, long> _connectIds = [];
    private readonly Dictionary<long, SimulatedTarget> _targets = [];
    private long _lastConnectId;

    public override int DialCount => _pending.Count;

    public void Remove(SimulatedTarget target) => _targets.Remove(target.Connection.ConnectId);

    protected override void EndDials() => _pending.Clear();

    protected override void RefuseData(long connectId) => Refuse(connectId);

    protected override void HandleControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialReq:
                World.Track(DialAsync(packet.DialRequest, ++_lastConnectId));
                break;
            case PacketType.DialCls:
                Cancel(packet.CloseDial.Random);
                break;
            case PacketType.CloseReq:
                Close(packet.CloseRequest);
                break;
            case PacketType.HalfClose:
                Find(packet.CloseRequest.ConnectID)?.EndInput();
                break;
            default:
                throw new SimulationException($"the server sent {packet.Type}");
        }
    }

    private async Task DialAsync(DialRequest request, long connectId)
    {
        if (World.Options.Budget.IsExhausted)
        {
            Writer.TrySend(PacketFactory.DialResponse(request.Random, "the agent's buffers are full"));
            return;
        }

        _pending.Add(request.Random);
        while (World.Random.Next(3) == 0)
        {
            await World.Scheduler.YieldAsync();
        }

        if (!_pending.Remove(request.Random))
        {
            return;
        }

        if (World.Random.Next(16) == 0)
        {
            Writer.TrySend(PacketFactory.DialResponse(request.Random, "connection refused"));
            return;
        }

        var frontend = World.Frontends[int.Parse(request.Address.AsSpan("target:".Length), CultureInfo.InvariantCulture)];
        var connection = Open(connectId, TunnelRole.Dialed, World.Options.Features);
        var target = new SimulatedTarget(World, this, connection, frontend.NewTransfer(this, connection));
        _connectIds[request.Random] = connectId;
        _targets[connectId] = target;
        if (!Writer.TrySend(PacketFactory.DialResponse(request.Random, connectId)))
        {
            connection.Abort(CloseReason.TunnelLost);
        }

        World.Track(target.RunAsync());
    }

    private void Cancel(long dialId)
    {
        if (!_pending.Remove(dialId) && _connectIds.TryGetValue(dialId, out var connectId) && Find(connectId) is { } target)
        {
            target.Connection.Abort(CloseReason.FrontendClosed);
            target.RequestClose();
        }
    }

    private void Close(CloseRequest request)
    {
        if (Find(request.ConnectID) is not { } target)
        {
            Refuse(request.ConnectID);
        }
        else if (request.Cut && World.Options.CanHalfClose)
        {
            target.Cut();
        }
        else
        {
            target.RequestClose();
        }
    }

    private void Refuse(long connectId) => Writer.TrySend(PacketFactory.CloseResponse(connectId, "Unknown connectID"));

    /// <summary>Known as long as its connection lives in the tunnel.</summary>
    private SimulatedTarget? Find(long connectId) =>
        Connections.Find(connectId) is null ? null : _targets.GetValueOrDefault(connectId);
}
