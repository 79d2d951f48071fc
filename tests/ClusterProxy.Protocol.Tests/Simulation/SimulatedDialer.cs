using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>The end that dials: the server's of a tunnel, or a frontend's of a lane.</summary>
internal sealed class SimulatedDialer(SimulatedWorld world, PipeReader input, PipeWriter output, SimulatedEnd peer)
    : SimulatedEnd(world, input, output)
{
    private readonly Dictionary<long, SimulatedDial> _dials = [];
    private long _lastDial;

    /// <summary>The peer asked for no new dials.</summary>
    public bool IsDraining { get; private set; }

    public SimulatedEnd Peer => peer;

    public override int DialCount => _dials.Count;

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

    protected override void RefuseData(long connectId) => Refuse(connectId);

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
                throw new SimulationException($"a peer sent {packet.Type}");
        }
    }

    private void OnDialResponse(DialResponse response)
    {
        if (!_dials.Remove(response.Random, out var dial))
        {
            if (response.ConnectID != 0)
            {
                Refuse(response.ConnectID);
            }
        }
        else if (response.Error.Length > 0)
        {
            dial.Complete(SimulatedAnswer.Refused);
        }
        else
        {
            dial.Complete(SimulatedAnswer.Connected, Open(response.ConnectID, TunnelRole.Dialer, FeaturesOf(response)));
        }
    }

    /// <summary>What a frontend does not know it has no use for, and says so: nobody gives credit for it.</summary>
    private void Refuse(long connectId) => Writer.TrySend(PacketFactory.CloseRequest(connectId, cut: peer is SimulatedLaneServer));

    /// <summary>A lane says for each connection what is possible all the way; it has credit in any case.</summary>
    private TunnelFeatureSet FeaturesOf(DialResponse response) => peer is SimulatedLaneServer
        ? TunnelFeatureSet.Credit | TunnelFeatures.Parse(response.Features)
        : World.Options.Features;
}
