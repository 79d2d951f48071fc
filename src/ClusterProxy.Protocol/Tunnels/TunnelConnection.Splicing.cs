using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>What a <see cref="ConnectionSplice"/> needs: it stands in for the owner, and has its own idea of the end.</summary>
internal sealed partial class TunnelConnection
{
    /// <summary>Whether the peer, or the loss of it, has said the last word: <see cref="Input"/> ends behind what has come.</summary>
    internal bool IsOver => _isOver;

    /// <summary>Sends from another pipe than <see cref="Output"/>, which is not used then.</summary>
    /// <param name="source">Read to its end and completed.</param>
    /// <param name="onDrained">Called when the last byte is written; what it returns follows that byte.</param>
    /// <param name="state">Handed to it.</param>
    internal void SendFrom(PipeReader source, Func<object, Packet?> onDrained, object state) => _flow.Start(source, onDrained, state);

    /// <summary>Ends this direction behind the last byte, if it can end alone; null if it cannot, or has ended.</summary>
    internal Packet? EndOutputAlone()
    {
        lock (_ended)
        {
            if (!CanHalfClose || _halfCloseSent || _closeSent || _closeRequested)
            {
                return null;
            }

            _halfCloseSent = true;
            return PacketFactory.HalfClose(ConnectId);
        }
    }

    /// <summary>Ends both directions behind the last byte written.</summary>
    /// <param name="reason">Counts if there is none yet.</param>
    /// <param name="lostBy">Why bytes are missing, if they are.</param>
    internal Packet? EndBothOutputs(CloseReason reason, CloseReason? lostBy)
    {
        if (lostBy is { } loss)
        {
            NoteLoss(loss);
        }

        SetReason(reason);
        var packet = ClosingPacket(lostBy);
        EndIfDialed();
        return packet;
    }

    /// <summary>As <see cref="EndBothOutputs"/>, when the flow has nothing more to write.</summary>
    internal void CloseDrained(CloseReason reason, CloseReason? lostBy)
    {
        if (EndBothOutputs(reason, lostBy) is { } packet)
        {
            _writer.TrySend(packet);
        }
    }
}
