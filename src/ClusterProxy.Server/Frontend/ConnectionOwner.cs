using System.Buffers;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// What every frontend owes the connection that it got: write to it, end it once, and never leave it behind. Writing and
/// ending belong to the frontend's reading loop; <see cref="Abort"/> may come from anywhere.
/// </summary>
internal sealed class ConnectionOwner : IAsyncDisposable
{
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _release = new();
    private readonly CancellationToken _released;
    private Task _closing = Task.CompletedTask;
    private volatile bool _stalled;
    private bool _outputEnded;
    private bool _closeRequested;

    public ConnectionOwner(TunnelConnection connection, TunnelLimits limits, TimeProvider time)
    {
        Connection = connection;
        _limits = limits;
        _time = time;
        _released = _release.Token;
    }

    public TunnelConnection Connection { get; }

    /// <summary>Whether a write waits for the agent.</summary>
    public bool IsStalled => _stalled;

    /// <summary>Sends bytes on; false when nothing more can be sent. It waits while the agent does not take them.</summary>
    public ValueTask<bool> WriteAsync(in ReadOnlySequence<byte> payload)
    {
        if (_outputEnded)
        {
            return ValueTask.FromResult(false);
        }

        PayloadPieces.Write(Connection.Output, payload, _limits.MaxPayload);
        return FlushAsync();
    }

    /// <summary>No more bytes will be written. What that means for the other direction is the tunnel's affair.</summary>
    public void EndOutput()
    {
        if (!_outputEnded)
        {
            _outputEnded = true;
            Connection.Output.Complete();
        }
    }

    /// <summary>Ends both directions behind the last byte; cut, if the agent does not take that byte in time.</summary>
    public void Close(CloseReason reason)
    {
        if (_closeRequested)
        {
            return;
        }

        _closeRequested = true;
        Connection.RequestClose(reason);
        EndOutput();
        _closing = AbortWhenLateAsync();
    }

    /// <summary>Drops what is queued toward the agent and closes; a write that waits returns.</summary>
    public void Abort(CloseReason reason)
    {
        Connection.Abort(reason);
        Connection.Output.CancelPendingFlush();
    }

    /// <summary>
    /// Waits for the end of the connection and for <paramref name="drained"/>, the moment at which the frontend has been given
    /// all. False when the frontend does not take it: whoever does not read must not keep what is queued for it.
    /// </summary>
    public async Task<bool> WaitForEndAsync(Task drained)
    {
        if (await Connection.Completion.WaitAsync(_released) == CloseReason.Stalled)
        {
            return false;
        }

        var queued = long.MaxValue;
        while (true)
        {
            try
            {
                await drained.WaitAsync(_limits.StallLimit, _time, _released);
                return true;
            }
            catch (TimeoutException)
            {
                var left = Connection.QueuedBytes;
                if (left >= queued)
                {
                    return false;
                }

                queued = left;
            }
        }
    }

    /// <summary>For a frontend that is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Connection.Completion.IsCompleted)
        {
            Connection.Abort(CloseReason.FrontendLost);
        }

        EndOutput();
        _release.Cancel();
        await _closing;
        _release.Dispose();
    }

    private async ValueTask<bool> FlushAsync()
    {
        var flush = Connection.Output.FlushAsync();
        if (!flush.IsCompleted)
        {
            _stalled = true;
        }

        try
        {
            var result = await FullOutput.ChargeAsync(flush, _limits);
            if (!result.IsCompleted && !result.IsCanceled)
            {
                return true;
            }
        }
        finally
        {
            _stalled = false;
        }

        EndOutput();
        return false;
    }

    private async Task AbortWhenLateAsync()
    {
        try
        {
            await Connection.Completion.WaitAsync(_limits.CloseTimeout, _time, _released);
        }
        catch (TimeoutException)
        {
            Connection.Abort(CloseReason.CloseTimeout);
        }
        catch (OperationCanceledException)
        {
            // The frontend is gone, and whoever said so has aborted the connection.
        }
    }
}
