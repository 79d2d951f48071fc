using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A frontend and the server's owner of its connection. It dials, tries again when the tunnel is lost, and ends as a CONNECT client does.</summary>
internal sealed class SimulatedFrontend(SimulatedWorld world, int number)
{
    private readonly SimulatedPace _pace = new(world);
    private readonly List<SimulatedTransfer> _transfers = [];
    private (SimulatedDialer Server, SimulatedDial Dial)? _dialing;
    private SimulatedTransfer? _transfer;
    private SimulatedEvent? _ended;
    private bool _closed;
    private bool _gone;

    public IReadOnlyList<SimulatedTransfer> Transfers => _transfers;

    /// <summary>The agent has opened a connection for it, which the server may learn of or not.</summary>
    public SimulatedTransfer NewTransfer(SimulatedAgent agent, TunnelConnection dialed)
    {
        var transfer = new SimulatedTransfer($"frontend {number}, try {_transfers.Count}", number * 100 + _transfers.Count * 2, agent, dialed);
        _transfers.Add(transfer);
        return transfer;
    }

    /// <summary>The transfer that is known by an id at one end of a tunnel or a lane.</summary>
    public SimulatedTransfer FindTransfer(SimulatedEnd end, long connectId) => _transfers.Single(t => t.IsKnownAt(end, connectId));

    public async Task RunAsync()
    {
        while (!_gone && world.FindWay() is { } server)
        {
            await _pace.WaitAsync();
            if (server.TryDial(number) is not { } dial)
            {
                // Its writer has ended and its reader waits for a full connection: time must move on for it to end.
                await world.DelayAsync(TimeSpan.FromMilliseconds(10));
                continue;
            }

            _dialing = (server, dial);
            await dial.Answered;
            _dialing = null;
            if (dial.Connection is { } connection)
            {
                await ServeAsync(connection, server.Peer);
                return;
            }

            if (dial.Answer != SimulatedAnswer.TunnelLost)
            {
                return;
            }
        }
    }

    /// <summary>It goes away, whatever it is doing.</summary>
    public void Leave(CloseReason reason)
    {
        _gone = true;
        if (_dialing is { } dialing)
        {
            dialing.Server.TryCancel(dialing.Dial);
        }

        if (_transfer is { } transfer)
        {
            Abort(transfer, reason);
        }
    }

    private async Task ServeAsync(TunnelConnection connection, SimulatedEnd peer)
    {
        _ended = world.EndOf(connection);
        _transfer = FindTransfer(peer, connection.ConnectId);
        _transfer.Dialer = connection;
        if (_gone)
        {
            Abort(_transfer, CloseReason.FrontendLost);
        }

        var upload = UploadAsync(_transfer, connection);
        await DownloadAsync(_transfer, connection);
        await upload;
        await _ended;
    }

    private async Task UploadAsync(SimulatedTransfer transfer, TunnelConnection connection)
    {
        var length = _pace.Length();
        var breaks = _pace.Chance(6) ? world.Random.Next(length + 1) : int.MaxValue;
        var output = connection.Output;
        var whole = true;
        while (transfer.Upload.Sent < length && whole)
        {
            await _pace.WaitAsync();
            if (transfer.Upload.Sent >= breaks)
            {
                Abort(transfer, CloseReason.FrontendLost);
            }

            transfer.Upload.Send(output, _pace.Piece(length - transfer.Upload.Sent));
            var flush = await output.FlushAsync();
            whole = !flush.IsCompleted && !flush.IsCanceled;
        }

        await _pace.WaitAsync();
        if (whole && (!connection.CanHalfClose || _pace.Chance(4)))
        {
            Close(transfer);
        }

        await output.CompleteAsync();
    }

    private async Task DownloadAsync(SimulatedTransfer transfer, TunnelConnection connection)
    {
        var input = connection.Input;
        var leaves = _pace.Chance(6) ? world.Random.Next(world.Options.Longest) : int.MaxValue;
        while (true)
        {
            await _pace.WaitAsync();
            var result = await input.ReadAsync();
            if (result.Buffer.IsEmpty && result.IsCompleted)
            {
                input.AdvanceTo(result.Buffer.End);
                EndDownload(transfer, connection);
                break;
            }

            var bytes = result.Buffer.Slice(0, _pace.Piece(result.Buffer.Length));
            transfer.Download.Receive(bytes);
            input.AdvanceTo(bytes.End);
            if (transfer.Download.Received >= leaves)
            {
                // One frontend in two has only stopped to listen, and still sends.
                if (_pace.Chance(2))
                {
                    Abort(transfer, CloseReason.FrontendLost);
                }

                break;
            }
        }

        await input.CompleteAsync();
    }

    private void EndDownload(SimulatedTransfer transfer, TunnelConnection connection)
    {
        if ((connection.LostBy ?? connection.Reason) is CloseReason.TunnelLost or CloseReason.CloseTimeout or CloseReason.ProtocolError
            or CloseReason.ShuttingDown or CloseReason.Stalled or CloseReason.FrontendLost)
        {
            return;
        }

        transfer.Download.End($"at the frontend, {connection.Reason}, lost by {connection.LostBy}; the target's {transfer.Dialed.Reason}");
        if (!_closed && (connection.Reason is not null || !connection.CanHalfClose))
        {
            connection.Abort(CloseReason.TargetClosed);
            connection.Output.CancelPendingFlush();
        }
    }

    private void Close(SimulatedTransfer transfer)
    {
        if (!_closed)
        {
            _closed = true;
            transfer.Dialer!.RequestClose(CloseReason.FrontendClosed);
            world.Track(AbortWhenLateAsync(transfer));
        }
    }

    private static void Abort(SimulatedTransfer transfer, CloseReason reason)
    {
        transfer.IsCut = true;
        transfer.Dialer!.Abort(reason);
        transfer.Dialer.Output.CancelPendingFlush();
    }

    private async Task AbortWhenLateAsync(SimulatedTransfer transfer)
    {
        await world.DelayAsync(world.Options.Limits.CloseTimeout, _ended!);
        if (!_ended!.IsCompleted)
        {
            Abort(transfer, CloseReason.CloseTimeout);
        }
    }
}
