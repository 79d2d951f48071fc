using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A target and the agent's owner of its connection. It ends in the same ways as the agent's.</summary>
internal sealed class SimulatedTarget
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedAgent _agent;
    private readonly SimulatedTransfer _transfer;
    private readonly SimulatedPace _pace;
    private readonly CancellationTokenSource _stopForwarding = new();
    private readonly SimulatedEvent _ended;
    private bool _inputEnded;
    private bool _closeRequested;
    private bool _reset;

    public SimulatedTarget(SimulatedWorld world, SimulatedAgent agent, TunnelConnection connection, SimulatedTransfer transfer)
    {
        _world = world;
        _agent = agent;
        _transfer = transfer;
        Connection = connection;
        _pace = new SimulatedPace(world);
        _ended = world.EndOf(connection);
    }

    public TunnelConnection Connection { get; }

    public async Task RunAsync()
    {
        var sending = SendAsync();
        var receiving = ReceiveAsync();
        _world.Track(ResetWhenCutAsync());
        await sending;
        await receiving;
        await _ended;
        _agent.Remove(this);
    }

    /// <summary>The frontend closed.</summary>
    public void RequestClose()
    {
        Connection.EndInput(isWhole: true);
        Connection.RequestClose(CloseReason.FrontendClosed);
        if (!_closeRequested)
        {
            _closeRequested = true;
            _stopForwarding.Cancel();
            _world.Track(AbortWhenLateAsync());
        }
    }

    /// <summary>The frontend broke off.</summary>
    public void Cut()
    {
        Connection.Abort(CloseReason.FrontendLost);
        Connection.EndInput(isWhole: false);
    }

    /// <summary>The frontend sends no more and still reads.</summary>
    public void EndInput()
    {
        _inputEnded = true;
        Connection.EndInputByHalfClose();
    }

    /// <summary>The target's bytes into the tunnel.</summary>
    private async Task ReceiveAsync()
    {
        var resets = _pace.Chance(8);
        var length = _pace.Length();
        var output = Connection.Output;
        try
        {
            while (_transfer.Download.Sent < length && !_reset)
            {
                await _pace.WaitAsync();
                if (_stopForwarding.IsCancellationRequested || _reset)
                {
                    break;
                }

                _transfer.Download.Send(output, _pace.Piece(length - _transfer.Download.Sent));
                if ((await output.FlushAsync(_stopForwarding.Token)).IsCompleted)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The frontend closed.
        }

        if (resets || _reset)
        {
            Connection.RequestClose(CloseReason.TargetReset);
        }
        else if (_transfer.Download.Sent == length)
        {
            Connection.SetReason(CloseReason.TargetClosed);
        }

        await output.CompleteAsync();
    }

    /// <summary>The tunnel's bytes to the target.</summary>
    private async Task SendAsync()
    {
        var input = Connection.Input;
        var breaks = _pace.Chance(8) ? _world.Random.Next(1, _world.Options.Longest) : int.MaxValue;
        while (true)
        {
            await _pace.WaitAsync();
            var result = await input.ReadAsync();
            if (result.IsCanceled || _reset)
            {
                break;
            }

            if (result.Buffer.IsEmpty && result.IsCompleted)
            {
                if (Connection.IsInputWhole)
                {
                    EndTarget();
                }

                break;
            }

            var bytes = result.Buffer.Slice(0, _pace.Piece(result.Buffer.Length));
            _transfer.Upload.Receive(bytes);
            input.AdvanceTo(bytes.End);
            if (_transfer.Upload.Received >= breaks)
            {
                Connection.RequestClose(CloseReason.TargetReset);
                break;
            }
        }

        await input.CompleteAsync();
    }

    /// <summary>FIN: the target will take what it has for all.</summary>
    private void EndTarget()
    {
        if (!_transfer.IsCut || _world.Options.CanHalfClose)
        {
            _transfer.Upload.End($"at the target, {Connection.Reason}, lost by {Connection.LostBy}; the frontend's {_transfer.Dialer?.Reason}");
        }
    }

    /// <summary>The end of the connection is no end of the target's bytes unless a frontend asked for it.</summary>
    private async Task ResetWhenCutAsync()
    {
        await _ended;
        if (!_closeRequested && !_inputEnded)
        {
            _reset = true;
            Connection.Input.CancelPendingRead();
        }
    }

    private async Task AbortWhenLateAsync()
    {
        await _world.DelayAsync(_world.Options.Limits.CloseTimeout, _ended);
        if (!_ended.IsCompleted)
        {
            Connection.Abort(CloseReason.CloseTimeout);
        }
    }
}
