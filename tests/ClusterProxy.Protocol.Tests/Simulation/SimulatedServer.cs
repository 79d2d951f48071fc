using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>The server's end of a tunnel: it dials.</summary>
internal sealed class SimulatedServer(SimulatedWorld world, PipeReader input, PipeWriter output, SimulatedAgent peer)
    : SimulatedEnd(world, input, output)
{
    private readonly Dictionary<long, SimulatedDial> _dials = [];
    private long _lastDial;

    /// <summary>The agent asked for no new dials.</summary>
    public bool IsDraining { get; private set; }

    public SimulatedAgent Peer => peer;

    public int DialCount => _dials.Count;

    /// <summary>Asks for a connection; null when the tunnel has ended.</summary>
    public SimulatedDial? TryDial(int frontend)
    {
        var dial = new SimulatedDial(World.Scheduler, ++_lastDial);
        if (IsEnded || !Writer.TrySend(PacketFactory.DialRequest("tcp", $"target:{frontend}", dial.Id)))
        {
            return null;
        }

        _dials.Add(dial.Id, dial);
        return dial;
    }

    /// <summary>Gives a dial up; false when it has been answered.</summary>
    public bool TryCancel(SimulatedDial dial)
    {
        if (!_dials.Remove(dial.Id))
        {
            return false;
        }

        Writer.TrySend(PacketFactory.CloseDial(dial.Id));
        dial.Complete(SimulatedAnswer.Cancelled);
        return true;
    }

    protected override void EndDials()
    {
        foreach (var dial in _dials.Values)
        {
            dial.Complete(SimulatedAnswer.TunnelLost);
        }

        _dials.Clear();
    }

    protected override void RefuseData(long connectId) => Writer.TrySend(PacketFactory.CloseRequest(connectId));

    protected override void HandleControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialRsp:
                OnDialResponse(packet.DialResponse);
                break;
            case PacketType.CloseRsp:
                Connections.Find(packet.CloseResponse.ConnectID)?.EndByPeer(CloseReasonNames.FromWireText(packet.CloseResponse.Error));
                break;
            case PacketType.HalfClose:
                Connections.Find(packet.CloseRequest.ConnectID)?.EndInputByHalfClose();
                break;
            case PacketType.Drain:
                IsDraining = true;
                break;
            default:
                throw new SimulationException($"the agent sent {packet.Type}");
        }
    }

    private void OnDialResponse(DialResponse response)
    {
        if (!_dials.Remove(response.Random, out var dial))
        {
            if (response.ConnectID != 0)
            {
                Writer.TrySend(PacketFactory.CloseRequest(response.ConnectID));
            }
        }
        else if (response.Error.Length > 0)
        {
            dial.Complete(SimulatedAnswer.Refused);
        }
        else
        {
            dial.Complete(SimulatedAnswer.Connected, Open(response.ConnectID, TunnelRole.Dialer));
        }
    }
}
