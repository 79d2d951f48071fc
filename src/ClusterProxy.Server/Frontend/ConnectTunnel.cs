using System.IO.Pipelines;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// One CONNECT client, from its request head to its last byte.
/// <code>
///   1 read the head      16 KiB, 10 s
///   2 dial               the client is watched meanwhile: gone means cancelled
///   3 answer             an error and the end, or 200, flushed before any other byte
///   4 copy both ways     client's end: half-close, or CLOSE_REQ; target's end: FIN behind the last byte, and the client may go on; a cut: RST
/// </code>
/// </summary>
internal sealed class ConnectTunnel : IFrontend
{
    /// <summary>How long a client that has sent more than was read is read on after an error: a reset would cost it the answer.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a connection goes on without a byte when one end has sent FIN: a client that has left looks the same as one
    /// that waits for a long answer.
    /// </summary>
    private static readonly TimeSpan HalfClosedIdleLimit = TimeSpan.FromMinutes(5);

    private readonly ConnectionContext _transport;
    private readonly ConnectClient _client;
    private readonly FrontendContext _context;
    private readonly TimeSpan _headTimeout;
    private volatile ConnectionOwner? _owner;
    private FrontendDial? _dial;
    private long _moved;

    public ConnectTunnel(ConnectionContext transport, ReadResult? peeked, FrontendContext context, TimeSpan headTimeout)
    {
        _transport = transport;
        _client = new ConnectClient(transport, peeked);
        _context = context;
        _headTimeout = headTimeout;
        Peer = transport.RemoteEndPoint?.ToString() is { Length: > 0 } peer ? peer : "unix";
    }

    public string Peer { get; }

    public bool IsStalled => _owner is { IsStalled: true };

    /// <remarks>An idle connection waits here, with the two directions and nothing else: each step before and after is a method of its own.</remarks>
    public async Task RunAsync()
    {
        _context.Live.Add(this);
        try
        {
            if (await OpenAsync())
            {
                // 4
                var upload = UploadAsync();
                var download = DownloadAsync();
                await Task.WhenAny(upload, download, _owner!.Connection.Completion);
                await FinishAsync(upload, download);
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            // The client is gone; the connection, if there was one, is closed next.
            _context.Logger.ConnectClientLost(Peer, e.Message);
        }
        finally
        {
            await EndAsync();
        }
    }

    public void Drain()
    {
        // A CONNECT ends with its connection anyway.
    }

    public void Shutdown() => _owner?.Abort(CloseReason.ShuttingDown);

    /// <summary>Ends the connection of a client that is not read from, if it has left.</summary>
    public void EndIfGone()
    {
        if (_owner is { } owner && (owner.IsStalled || _client.IsCompleted) &&
            _transport.Features.Get<DirectSocketConnection>() is { } connection && connection.HasPeerLeft())
        {
            owner.Abort(CloseReason.FrontendLost);
            _client.CancelRead();
        }
    }

    private async Task<ConnectRequest?> ReadHeadAsync()
    {
        using var deadline = new CancellationTokenSource(_headTimeout, _context.Time);
        try
        {
            return await _client.ReadHeadAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return ConnectRequest.Refused(408, $"the request head did not arrive within {_headTimeout.TotalSeconds} s");
        }
    }

    /// <summary>False when there is no connection and the client has had its answer, if it was there for one.</summary>
    private async Task<bool> OpenAsync()
    {
        // 1
        if ((_client.TryReadHead() ?? await ReadHeadAsync()) is not { } request)
        {
            return false;
        }

        if (request.Refusal is { } refusal)
        {
            _context.Refused.Connect(Peer, refusal.Status, refusal.Text);
            _context.Audit?.RequestRefused(_transport.Features.Get<FrontendSubject>(), Peer, refusal.Status, refusal.Text);
            await RefuseAsync(refusal);
            return false;
        }

        // 2
        var dial = new FrontendDial(
            _context, FrontendNames.Connect, _transport.Features.Get<FrontendSubject>(), _transport.Features.Get<FrontendShare>(), Peer, "tcp", request.Target,
            new(request.TraceParent, request.TraceState));
        var result = await DialAsync(dial);
        dial.End(result);
        if (result.Failure is { } reason)
        {
            if (ConnectAnswers.For(reason, result.Text) is { } answer)
            {
                await RefuseAsync(answer);
            }

            return false;
        }

        _dial = dial;
        _owner = new ConnectionOwner(result.Connection!, _context.Limits, _context.Time);

        // 3
        var missing = _owner.Connection.CanHalfClose ? _context.Without : _context.Without | TunnelFeatureSet.HalfClose;
        await _transport.Transport.Output.WriteAsync(
            ConnectResponse.Success(TunnelFeatures.Parse(request.Features) & TunnelFeatures.Connect & ~missing, dial.ConnectionId));
        _context.Metrics.DialForwarded(dial.Elapsed);
        return true;
    }

    private async Task EndAsync()
    {
        try
        {
            if (_owner is { } owner)
            {
                owner.Connection.Input.Complete();
                _dial!.Close(owner.Connection);
                await owner.DisposeAsync();
            }
        }
        finally
        {
            await _client.StopWatchingAsync();
            _context.Live.Remove(this);
        }
    }

    private async Task<DialResult> DialAsync(FrontendDial dial)
    {
        using var gone = new CancellationTokenSource();
        var dialing = dial.RunAsync(gone.Token);
        var left = await _client.EndsBeforeAsync(dialing);
        if (left)
        {
            await gone.CancelAsync();
        }

        var result = await dialing;
        if (left && result.Connection is { } connection)
        {
            connection.Abort(CloseReason.FrontendClosed);
            connection.Output.Complete();
            connection.Input.Complete();
            return DialResult.Failed(DialFailureReason.Cancelled);
        }

        return result;
    }

    /// <summary>One direction has ended, or the connection has: so does the rest.</summary>
    private async Task FinishAsync(Task upload, Task download)
    {
        var owner = _owner!;
        var end = owner.WaitForEndAsync(download);
        var idle = CloseWhenIdleAsync(owner, upload, download);
        if (await Task.WhenAny(download, end) == end && !await end)
        {
            // The client does not read: closing is all that is left.
            _transport.Abort(new ConnectionAbortedException(CloseReason.Stalled.ToWireText()));
        }

        await download;

        // Looked at first: what is lost behind it is seen below.
        var goesOn = owner.Connection.Reason is null && owner.Connection.CanHalfClose;
        if (goesOn && !IsCut(owner.Connection))
        {
            await EndOutputAsync();
            await Task.WhenAny(upload, owner.Connection.Completion);
        }

        if (IsCut(owner.Connection))
        {
            // RST is the only word that this wire has for a cut; a Unix socket has none.
            _transport.Abort(new ConnectionAbortedException("the connection was cut"));
            _client.CancelRead();
        }
        else if (goesOn)
        {
            // Whatever the client still sends, the target takes nothing more.
            _client.CancelRead();
        }
        else
        {
            owner.Abort(CloseReason.TargetClosed);
            await EndOutputAsync();
            _client.CancelRead();
        }

        await upload;
        await idle;
        await end;
    }

    /// <summary>Not by this client itself, nor by its target's reset: that is common behind a whole answer, which a reset here could overtake.</summary>
    private static bool IsCut(TunnelConnection connection) =>
        (connection.LostBy ?? connection.Reason) is { } reason && reason is not (CloseReason.FrontendLost or CloseReason.TargetReset) && reason.IsCut();

    private async Task UploadAsync()
    {
        var owner = _owner!;
        try
        {
            var more = await _client.FinishWatchAsync();
            while (more)
            {
                if (!_client.Buffer.IsEmpty && !await owner.WriteAsync(_client.Buffer))
                {
                    return;
                }

                Interlocked.Add(ref _moved, _client.Buffer.Length);
                _client.TakeAll();
                more = _client.MayRead && _client.EndRead(await _client.BeginRead(CancellationToken.None));
            }

            if (!_client.IsCompleted)
            {
                return;
            }

            if (owner.Connection.CanHalfClose)
            {
                owner.EndOutput();
            }
            else
            {
                owner.Close(CloseReason.FrontendClosed);
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            owner.Abort(CloseReason.FrontendLost);
        }
    }

    private async Task DownloadAsync()
    {
        var owner = _owner!;
        var input = owner.Connection.Input;
        try
        {
            while (true)
            {
                var result = await input.BeginRead();
                input.EndRead(result);
                if (!result.Buffer.IsEmpty)
                {
                    if (!await TryHandOnAsync(result, input))
                    {
                        owner.Abort(CloseReason.FrontendLost);
                        return;
                    }

                    continue;
                }

                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException or ObjectDisposedException)
        {
            owner.Abort(CloseReason.FrontendLost);
        }
    }

    /// <summary>False when the client is gone. What a write needs is here, so that a connection that waits for bytes does not keep it.</summary>
    private async ValueTask<bool> TryHandOnAsync(ReadResult result, MeteredPipeReader input)
    {
        // One packet's payload at a time, and straight from where the tunnel put it.
        var chunk = FirstSegment.Of(result.Buffer);
        var started = _context.Time.GetTimestamp();
        var flush = await _transport.Transport.Output.WriteAsync(chunk);
        _context.Metrics.FrontendWritten(_context.Time.GetElapsedTime(started));
        Interlocked.Add(ref _moved, chunk.Length);
        input.AdvanceTo(result.Buffer.GetPosition(chunk.Length));
        return !flush.IsCompleted && !flush.IsCanceled && !IsGone();
    }

    private async Task CloseWhenIdleAsync(ConnectionOwner owner, Task upload, Task download)
    {
        await Task.WhenAny(upload, download);
        var both = Task.WhenAll(upload, download);
        while (!both.IsCompleted)
        {
            var before = Volatile.Read(ref _moved);
            try
            {
                await both.WaitAsync(HalfClosedIdleLimit, _context.Time);
            }
            catch (TimeoutException) when (Volatile.Read(ref _moved) == before)
            {
                owner.Abort(CloseReason.FrontendClosed);
                _client.CancelRead();
            }
            catch (TimeoutException)
            {
                // Bytes still move: somebody waits for them.
            }
        }
    }

    /// <summary>
    /// Whether the socket is shut although writing to it seems to work: that is how TLS looks from here when the client has left.
    /// </summary>
    private bool IsGone() =>
        _client.IsCompleted && _transport.Features.Get<IConnectionSocketFeature>() is { Socket.SafeHandle.IsClosed: true };

    /// <summary>FIN, and before it the TLS alert without which a client would take the end for a cut.</summary>
    private async Task EndOutputAsync()
    {
        try
        {
            await _client.SendTlsEndAsync().WaitAsync(HalfClosedIdleLimit, _context.Time);
            await _transport.Transport.Output.CompleteAsync();
        }
        catch (TimeoutException)
        {
            // The last byte has filled the system's buffer, and the client has not read what would make room for the alert.
            _transport.Abort(new ConnectionAbortedException(CloseReason.Stalled.ToWireText()));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException or ConnectionAbortedException)
        {
            // The client left first, or its TLS had failed.
        }
    }

    private async Task RefuseAsync(ConnectResponse response)
    {
        await response.WriteAsync(_transport.Transport.Output);
        await _client.StopWatchingAsync();
        if (_client.Buffer.IsEmpty)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(Linger, _context.Time);
        try
        {
            do
            {
                _client.TakeAll();
            }
            while (await _client.ReadMoreAsync(deadline.Token));
        }
        catch (OperationCanceledException)
        {
            // Enough: the answer has had its time.
        }
    }
}
