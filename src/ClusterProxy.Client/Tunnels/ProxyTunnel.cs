using System.Diagnostics;
using System.Security.Cryptography;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Client.Tunnels;

/// <summary>
/// One Proxy call: one dial and the connection that comes of it.
/// <code>
///   DIAL_REQ ─▶ DIAL_RSP ─▶ DATA both ways ─▶ CLOSE_REQ ─▶ CLOSE_RSP ─▶ END_STREAM both ways
///        │          └ error ──────────────────────────────────────────▶
///        └ cancelled: DIAL_CLS ───────────────────────────────────────▶
/// </code>
/// The receiving loop owns the end of it: whatever happens, <see cref="Completion"/> ends with everything released.
/// </summary>
internal sealed class ProxyTunnel : IPacketCarrier, IAsyncDisposable
{
    // After END_STREAM the server owes nothing but its own; a server that keeps the call open is cut.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly GrpcClientCall _call;
    private readonly TunnelWriter _writer;
    private readonly TunnelSettings _settings;
    private readonly TunnelTarget _target;
    private readonly Action<ProxyTunnel> _onEnded;
    private readonly long _dialId = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;
    private readonly TaskCompletionSource<PacketStreamEnd> _dialed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop;
    private readonly long _opened;
    private readonly Lock _gate = new();
    private PacketStreamEnd? _end;
    private TunnelConnection? _connection;
    private ConnectionStatus _status = ConnectionStatus.Created;
    private GrpcStatus? _lost;
    private TimeSpan _stopsAt = TimeSpan.MaxValue;
    private bool _ended;

    private ProxyTunnel(GrpcClientCall call, TunnelTarget target, TunnelSettings settings, Action<ProxyTunnel> onEnded)
    {
        _onEnded = onEnded;
        _call = call;
        _target = target;
        _settings = settings;
        _opened = settings.Time.GetTimestamp();
        _stop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, settings.Time);
        _writer = new TunnelWriter(call.Output, settings.Limits, settings.Metrics);
    }

    /// <summary>The answer to the dial. Fails with <see cref="TunnelConnectException"/>.</summary>
    public Task<PacketStreamEnd> Dialed => _dialed.Task;

    /// <summary>Ends, and never fails, when the call is over and all it held is released.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public string? CloseAnswer { get; private set; }

    public bool IsCutOff => _connection?.IsInputWhole != true && (CloseAnswer is { Length: > 0 } || (CloseAnswer is null && _connection?.Reason == CloseReason.TunnelLost));

    /// <summary>Opens the call. The loops start with <see cref="Dial"/>.</summary>
    /// <param name="http">Owns the connections to the server.</param>
    /// <param name="authority">Of the request.</param>
    /// <param name="target">What to dial.</param>
    /// <param name="settings">Shared by all tunnels.</param>
    /// <param name="onEnded">Called once, last of all.</param>
    /// <param name="cancellationToken">Ends the opening only.</param>
    /// <exception cref="GrpcException">The server could not be reached or refused the call.</exception>
    public static async Task<ProxyTunnel> OpenAsync(
        HttpMessageInvoker http, Uri authority, TunnelTarget target, TunnelSettings settings, Action<ProxyTunnel> onEnded,
        CancellationToken cancellationToken)
    {
        var call = await GrpcClientCall.StartAsync(
            http, authority, TunnelHeaders.ProxyMethod, settings.MetadataOf(Activity.Current), cancellationToken).ConfigureAwait(false);
        return new ProxyTunnel(call, target, settings, onEnded);
    }

    /// <summary>Sends DIAL_REQ and starts to receive. The status of the connection in the gauge is the tunnel's from here on.</summary>
    public void Dial()
    {
        MoveTo(ConnectionStatus.Dialing);
        _writer.TrySend(PacketFactory.DialRequest("tcp", _target.ToString(), _dialId));
        Completion = RunAsync();
    }

    /// <summary>Nobody waits for the dial any more: takes it back, or closes what came of it.</summary>
    public void CancelDial()
    {
        if (_dialed.TrySetCanceled())
        {
            _writer.TrySend(PacketFactory.CloseDial(_dialId));
            Finish();
        }
        else if (_dialed.Task.IsCompletedSuccessfully)
        {
            _dialed.Task.Result.Abort();
        }
    }

    public void EndWithin() => StopAfter(_settings.Limits.CloseTimeout);

    /// <summary>Lets a close that has begun finish, then resets the call, and waits until nothing of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        PacketStreamEnd? end;
        lock (_gate)
        {
            end = _end;
        }

        await (end?.Closing ?? Task.CompletedTask).ConfigureAwait(false);
        Task stopping;
        lock (_gate)
        {
            if (_connection?.Completion.IsCompleted != true)
            {
                _lost ??= new(GrpcStatusCode.Canceled, "the tunnel client was disposed");
            }

            _connection?.SetReason(CloseReason.TunnelLost);
            stopping = _ended ? Task.CompletedTask : _stop.CancelAsync();
        }

        end?.CloseReads();

        await stopping.ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    public string EndText()
    {
        GrpcStatus? lost;
        lock (_gate)
        {
            lost = _lost;
        }

        return (CloseAnswer, lost) switch
        {
            ("", _) => $"the connection to {_target} is closed",
            ({ } text, _) => $"the connection to {_target} was cut: {text}",
            (null, { } status) => $"the tunnel to {_target} ended before the connection did: {status}",
            _ => $"{_target} did not acknowledge the close within {_settings.Limits.CloseTimeout.TotalSeconds:0.###} s",
        };
    }

    private async Task RunAsync()
    {
        var sending = EndOutputAsync();
        GrpcStatus status;
        var isBroken = false;
        try
        {
            status = await ReceiveAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GrpcException or IOException or HttpRequestException or OperationCanceledException)
        {
            status = GrpcErrorCodes.FromException(e);

            // A status alone is the server's own word.
            isBroken = e is not GrpcException { InnerException: null } && !_stop.IsCancellationRequested;
        }

        Lose(status, isBroken);
        await _writer.DisposeAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        await _call.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _ended = true;
            _stop.Dispose();
        }

        _settings.Metrics.ConnectionMoved(_status, null);
        ClientLog.ConnectionEnded(_settings.Log, _target, _connection?.Reason?.ToTag() ?? "no_connection");
        _onEnded(this);
    }

    private async Task<GrpcStatus> ReceiveAsync(CancellationToken cancellationToken)
    {
        var input = await _call.InputAsync(cancellationToken).ConfigureAwait(false);
        await LearnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var packets = new PacketReader(input, _settings.Limits.MaxMessageSize);
            while (await packets.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (packets.TryRead(out var packet))
                {
                    _settings.Metrics.PacketReceived(packet.Type, packet.Payload.Length);
                    await HandleAsync(packet).ConfigureAwait(false);
                }
            }

            return _call.Status();
        }
        finally
        {
            await input.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask LearnAsync(CancellationToken cancellationToken)
    {
        if (_settings.OnServerFeatures is { } learn)
        {
            var headers = await _call.ResponseHeadersAsync(cancellationToken).ConfigureAwait(false);
            learn(TunnelFeatures.Parse(headers.NonValidated.TryGetValues(TunnelHeaders.Features, out var features) ? features.ToString() : null));
        }
    }

    private ValueTask HandleAsync(in ReceivedPacket packet)
    {
        switch (packet.Type)
        {
            case PacketType.Data when _connection?.ConnectId == packet.ConnectId:
                return _connection.ReceiveAsync(packet.Payload);
            case PacketType.Data when packet.ConnectId != 0:
                _writer.TrySend(PacketFactory.CloseRequest(packet.ConnectId));
                break;
            case PacketType.DialRsp:
                OnDialResponse(packet.Message!.DialResponse ?? new DialResponse());
                break;
            case PacketType.DialCls:
                if (packet.Message!.CloseDial?.Random != _dialId || !FailDial(DialFailureReason.DialClosed, "the far end gave the dial up"))
                {
                    Finish();
                }

                break;
            case PacketType.CloseRsp when _connection is { } connection && packet.Message!.CloseResponse?.ConnectID == connection.ConnectId:
                CloseAnswer ??= packet.Message.CloseResponse.Error;
                connection.EndByPeer(CloseReason.TargetClosed);
                break;
            case PacketType.HalfClose when _connection is { CanHalfClose: true } connection &&
                packet.Message!.CloseRequest?.ConnectID == connection.ConnectId:
                connection.EndInputByHalfClose();
                break;
            default:
                // Packets of later versions, and those that concern nothing of this tunnel, are passed over.
                break;
        }

        return ValueTask.CompletedTask;
    }

    private void OnDialResponse(DialResponse response)
    {
        if (response.Random != _dialId || _connection is not null)
        {
            // No dial of this tunnel: its two ends disagree about what it carries, so it ends.
            Finish();
        }
        else if (response.Error.Length > 0)
        {
            ClientLog.DialNamed(_settings.Log, _target, PeerText.Bound(response.Connection));
            FailDial(DialFailureReason.Endpoint, response.Error);
        }
        else if (response.ConnectID == 0)
        {
            FailDial(DialFailureReason.Unknown, "the server answered without a connect id");
        }
        else
        {
            // Before anyone learns of it: DATA may stand right behind.
            _connection = new TunnelConnection(
                _writer, response.ConnectID, TunnelRole.Dialer, TunnelFeatures.Frontend & TunnelFeatures.Parse(response.Features),
                _settings.Limits, _settings.Time, _settings.Metrics, _ => Finish());
            ClientLog.DialNamed(_settings.Log, _target, PeerText.Bound(response.Connection));
            var end = new PacketStreamEnd(this, _connection, response.Connection);
            lock (_gate)
            {
                _end = end;
            }

            if (_dialed.TrySetResult(end))
            {
                MoveTo(ConnectionStatus.Ok);
            }
            else
            {
                end.Abort();
            }
        }
    }

    /// <summary>Sends what is queued, then END_STREAM; a server that takes neither is cut.</summary>
    private void Finish()
    {
        EndWithin();
        _writer.Complete();
    }

    private bool FailDial(DialFailureReason reason, string text, bool isUnanswered = false)
    {
        Finish();
        return _dialed.TrySetException(
            new TunnelConnectException(reason, $"dialing {_target} through {_settings.Server} failed: {text}") { IsUnanswered = isUnanswered });
    }

    /// <summary>Whether another stream may have the answer: this one broke, or the server says that it cannot serve it now.</summary>
    private static bool IsWorthAnother(GrpcStatusCode code, bool isBroken) =>
        code == GrpcStatusCode.Unavailable || (isBroken && code is GrpcStatusCode.Canceled or GrpcStatusCode.Internal);

    private void Lose(GrpcStatus status, bool isBroken)
    {
        var expected = _dialed.Task.IsCompleted && (_connection is null || _connection.Completion.IsCompleted || _stop.IsCancellationRequested);
        lock (_gate)
        {
            if (!expected || _connection?.Reason == CloseReason.TunnelLost)
            {
                _lost ??= status;
            }
        }

        if (!expected)
        {
            _settings.Metrics.StreamFailed(status.Code);
            ClientLog.TunnelBroke(_settings.Log, _target, status.ToString());
            FailDial(
                DialFailureReason.TunnelClosed,
                $"the server ended the tunnel before it answered ({status}); see the server's log, check that the port is a gRPC frontend, or dial again",
                IsWorthAnother(status.Code, isBroken));
        }

        // Observed here, since nobody else may be waiting any more.
        _ = _dialed.Task.Exception;
        _connection?.EndByPeer(CloseReason.TunnelLost);
    }

    private async Task EndOutputAsync()
    {
        await _writer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            if (_writer.Completion.IsCompletedSuccessfully)
            {
                await _call.CompleteOutputAsync().ConfigureAwait(false);
            }
            else
            {
                await _call.Output.CompleteAsync(new IOException("the tunnel was reset", _writer.Completion.Exception)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // The call is broken; the receiving loop learns why and reports it.
        }

        StopAfter(Linger);
    }

    /// <summary>The earliest deadline counts: what comes of a close gives it no more time.</summary>
    private void StopAfter(TimeSpan delay)
    {
        lock (_gate)
        {
            if (!_ended && delay != Timeout.InfiniteTimeSpan && _settings.Time.GetElapsedTime(_opened) + delay is var at && at < _stopsAt)
            {
                _stopsAt = at;
                _stop.CancelAfter(delay);
            }
        }
    }

    private void MoveTo(ConnectionStatus status)
    {
        _settings.Metrics.ConnectionMoved(_status, status);
        _status = status;
    }
}
