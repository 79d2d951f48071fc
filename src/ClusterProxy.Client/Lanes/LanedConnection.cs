using ClusterProxy.Client.Tunnels;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>One connection of a lane.</summary>
internal sealed class LanedConnection : IPacketCarrier
{
    private readonly TunnelTarget _target;
    private readonly TunnelSettings _settings;
    private readonly Lock _gate = new();
    private ITimer? _closeTimer;
    private string? _lost;

    /// <param name="target">For messages.</param>
    /// <param name="settings">Clock and close timeout.</param>
    /// <param name="connectionId">By which server and agent name the connection.</param>
    /// <param name="open">Makes this end of the connection, which tells <see cref="OnEnded"/> of its end.</param>
    public LanedConnection(TunnelTarget target, TunnelSettings settings, string connectionId, Func<LanedConnection, TunnelConnection> open)
    {
        _target = target;
        _settings = settings;
        Connection = open(this);
        End = new PacketStreamEnd(this, Connection, connectionId);
    }

    public TunnelTarget Target => _target;

    public TunnelConnection Connection { get; }

    public PacketStreamEnd End { get; }

    public string? CloseAnswer { get; private set; }

    public bool IsCutOff => !Connection.IsInputWhole &&
        (BrokeRules || CloseAnswer is { Length: > 0 } || (CloseAnswer is null && Connection.Reason == CloseReason.TunnelLost));

    /// <summary>The end is ours then, and the server's answer to it says nothing of what either was to send.</summary>
    private bool BrokeRules => Connection.LostBy == CloseReason.ProtocolError;

    public string EndText()
    {
        string? lost;
        lock (_gate)
        {
            lost = _lost;
        }

        return (CloseAnswer, lost) switch
        {
            _ when BrokeRules => $"the connection to {_target} was cut: {_settings.Server} broke the rules of flow control",
            ("", _) => $"the connection to {_target} is closed",
            ({ } text, _) => $"the connection to {_target} was cut: {text}",
            (null, { } text) => $"the lane to {_settings.Server} ended before the connection to {_target} did: {text}",
            _ => $"{_target} did not acknowledge the close within {_settings.Limits.CloseTimeout.TotalSeconds:0.###} s",
        };
    }

    public void EndWithin()
    {
        lock (_gate)
        {
            if (_closeTimer is null && !Connection.Completion.IsCompleted)
            {
                _closeTimer = _settings.Time.CreateTimer(
                    static state => ((LanedConnection)state!).GiveUp(), this, _settings.Limits.CloseTimeout, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>CLOSE_RSP: the connection is over.</summary>
    public void OnCloseResponse(string error)
    {
        CloseAnswer ??= error;
        Connection.EndByPeer(CloseReason.TargetClosed);
    }

    /// <summary>HALF_CLOSE: the target has sent all.</summary>
    public void OnHalfClose() => Connection.EndInputByHalfClose();

    /// <summary>The lane is gone.</summary>
    public void Lose(string why)
    {
        lock (_gate)
        {
            if (!Connection.Completion.IsCompleted)
            {
                _lost ??= why;
            }
        }

        Connection.EndByPeer(CloseReason.TunnelLost);
    }

    /// <summary>Nothing more is due in either direction.</summary>
    public void OnEnded()
    {
        lock (_gate)
        {
            _closeTimer?.Dispose();
        }
    }

    /// <summary>The server is told, but not waited for.</summary>
    private void GiveUp()
    {
        Connection.Abort(CloseReason.CloseTimeout);
        Connection.EndByPeer(CloseReason.CloseTimeout);
    }
}
