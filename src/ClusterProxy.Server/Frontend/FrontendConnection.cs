using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// The connection of a gRPC frontend: the agent's bytes on their way to it, and the packet that ends them. The frontend knows
/// it by an id of this server's own.
/// </summary>
internal sealed class FrontendConnection : IAsyncDisposable
{
    private readonly TunnelWriter _frontend;
    private readonly bool _isOurs;
    private readonly bool _canHalfClose;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private OutgoingFlow? _flow;
    private bool _closeIsDue;
    private bool _left;
    private volatile bool _hasEnded;

    /// <param name="id">As the frontend knows the connection.</param>
    /// <param name="owner">The connection on the agent's side.</param>
    /// <param name="frontend">The frontend's stream.</param>
    /// <param name="isOurs">Whether the frontend announced our additions.</param>
    /// <param name="canHalfClose">Whether the frontend was told that one direction can end alone.</param>
    public FrontendConnection(long id, ConnectionOwner owner, TunnelWriter frontend, bool isOurs, bool canHalfClose)
    {
        Id = id;
        Owner = owner;
        _frontend = frontend;
        _isOurs = isOurs;
        _canHalfClose = canHalfClose;
    }

    public long Id { get; }

    public ConnectionOwner Owner { get; }

    /// <summary>Whether the frontend has been given all there is, CLOSE_RSP included.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>
    /// Starts to send what the agent sends, unless the frontend has left. Call it when DIAL_RSP is queued, so that DATA comes behind it.
    /// </summary>
    public void Start()
    {
        OutgoingFlow flow;
        lock (_gate)
        {
            if (_left)
            {
                return;
            }

            flow = _flow = _frontend.AddFlow(Id);
        }

        flow.Start(Owner.Connection.Input, static connection => ((FrontendConnection)connection).OnDrained(), this);
    }

    /// <summary>Waits until the frontend has been given all, the closing packet included; false when it does not read.</summary>
    public async Task<bool> WaitForEndAsync()
    {
        if (!await Owner.WaitForEndAsync(_drained.Task))
        {
            return false;
        }

        bool closeIsDue;
        lock (_gate)
        {
            closeIsDue = _closeIsDue;
        }

        if (closeIsDue)
        {
            _frontend.TrySend(ClosingPacket(Owner.Connection.Reason ?? CloseReason.TargetClosed));

            // Behind it: a frontend that asks for the end at this moment must not be told that there is no such connection first.
            _hasEnded = true;
        }

        return true;
    }

    /// <summary>For a frontend that is gone. It may come while another thread is about to start.</summary>
    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        OutgoingFlow? flow;
        lock (_gate)
        {
            _left = true;
            flow = _flow;
        }

        if (flow is null)
        {
            Owner.Connection.Input.Complete();
        }
        else
        {
            flow.Discard();
        }
    }

    private Packet ClosingPacket(CloseReason reason)
    {
        // A frontend that has asked for the end takes an empty answer for the word that the agent has got everything.
        var told = Owner.Connection.LostBy ?? reason;
        return PacketFactory.CloseResponse(Id, _isOurs ? told.ToPeerText() : told.ToWireText());
    }

    private Packet? OnDrained()
    {
        lock (_gate)
        {
            _drained.TrySetResult();
            var connection = Owner.Connection;
            if (connection.IsOver || connection.LostBy is not null)
            {
                _hasEnded = true;
                return ClosingPacket(connection.Reason ?? CloseReason.TargetClosed);
            }

            if (connection.Reason is not null)
            {
                // The target has ended its direction while this one is being closed: what is on its way to it may still be lost.
                _closeIsDue = true;
                return null;
            }

            if (_canHalfClose)
            {
                _closeIsDue = true;
                return PacketFactory.HalfClose(Id);
            }
        }

        // This frontend knows only the end of both directions.
        _hasEnded = true;
        Owner.Abort(CloseReason.TargetClosed);
        return ClosingPacket(CloseReason.TargetClosed);
    }
}
