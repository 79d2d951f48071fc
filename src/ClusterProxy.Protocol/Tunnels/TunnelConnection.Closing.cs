using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>How a connection ends: who says what to the peer, and which reason stays.</summary>
internal sealed partial class TunnelConnection
{
    /// <summary>
    /// The end of the output is the end of the connection, half-close or not. The owner calls it before or after it has
    /// completed <see cref="Output"/>; the closing packet follows the last byte.
    /// </summary>
    public void RequestClose(CloseReason reason)
    {
        SetReason(reason);
        Packet? packet;
        lock (_ended)
        {
            _closeRequested = true;
            packet = _halfCloseSent ? ClosingPacket() : null;
        }

        if (packet is not null)
        {
            _writer.TrySend(packet);
            EndIfDialed();
        }
    }

    /// <summary>
    /// The peer is done with the connection, or its tunnel is gone. What it sent before can still be read; what waits for it
    /// is dropped. Only the tunnel's reader calls it.
    /// </summary>
    public void EndByPeer(CloseReason reason)
    {
        NoteLoss(reason);
        SetReason(reason);
        _isOver = true;
        EndInput(isWhole: false);
        _flow.Discard();
        End();
    }

    /// <summary>Drops what waits for the peer and tells it that the connection is over. For the owner, from any thread.</summary>
    public void Abort(CloseReason reason)
    {
        NoteLoss(reason);
        SetReason(reason);
        _flow.Discard();
        if (ClosingPacket(reason) is { } packet)
        {
            _writer.TrySend(packet);
            EndIfDialed();
        }
    }

    /// <summary>
    /// The last byte toward the peer is written; what is returned follows it. For the flow, and for a splice that has taken the
    /// place of <see cref="Output"/>.
    /// </summary>
    internal Packet? EndOutput()
    {
        lock (_ended)
        {
            if (CanHalfClose && !_closeRequested && !(Role == TunnelRole.Dialed && _inputEnded))
            {
                _halfCloseSent = true;
                return PacketFactory.HalfClose(ConnectId);
            }
        }

        var packet = ClosingPacket();
        EndIfDialed();
        return packet;
    }

    /// <summary>The packet that closes the connection at the peer; null when it was sent before.</summary>
    /// <param name="abortedBy">
    /// Why bytes are dropped, if they are. The peer is told of that even if the connection has had another reason to end before:
    /// by that one alone it would take what it has for all.
    /// </param>
    private Packet? ClosingPacket(CloseReason? abortedBy = null)
    {
        lock (_ended)
        {
            if (_closeSent || _hasEnded)
            {
                return null;
            }

            _closeSent = true;
            _reason ??= Role == TunnelRole.Dialer ? CloseReason.FrontendClosed : CloseReason.TargetClosed;
            var told = abortedBy is { } cut && cut.IsCut() ? cut : _reason.Value;
            if (Role == TunnelRole.Dialed)
            {
                return PacketFactory.CloseResponse(ConnectId, _isOurs ? told.ToPeerText() : told.ToWireText());
            }

            _closeTimer = _time.CreateTimer(
                static state => ((TunnelConnection)state!).OnCloseTimeout(), this, _limits.CloseTimeout, Timeout.InfiniteTimeSpan);
            return PacketFactory.CloseRequest(ConnectId, CanHalfClose && told.IsCut());
        }
    }

    /// <summary>CLOSE_RSP is the last word; CLOSE_REQ waits for its answer.</summary>
    private void EndIfDialed()
    {
        if (Role == TunnelRole.Dialed)
        {
            End();
        }
    }

    private void OnCloseTimeout()
    {
        NoteLoss(CloseReason.CloseTimeout);
        SetReason(CloseReason.CloseTimeout);
        _isOver = true;
        EndInput(isWhole: false);
        _flow.Discard();
        End();
    }

    private void NoteLoss(CloseReason reason)
    {
        lock (_ended)
        {
            if (reason.IsCut() && !_hasEnded)
            {
                _lostBy ??= reason;
            }
        }
    }

    private void End()
    {
        CloseReason reason;
        lock (_ended)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            _closeTimer?.Dispose();
            reason = _reason ??= CloseReason.TunnelLost;
        }

        _window?.End();

        // The tunnel lets go of it first: its owner may go on inside the second call.
        _onEnded(this);
        _ended.TrySetResult(reason);
    }
}
