using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Client.Servers;
using ClusterProxy.Client.Tunnels;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Client.HttpConnect;

/// <summary>A connection that has the socket to the proxy server to itself.</summary>
internal sealed class SocketStreamEnd : IStreamEnd, IAsyncDisposable
{
    private readonly ServerConnection _connection;
    private readonly TunnelTarget _target;
    private readonly TimeSpan _closeTimeout;
    private readonly TimeProvider _time;
    private readonly Action<SocketStreamEnd> _onEnded;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _interruptRead;
    private readonly TlsEnd _tlsEnd = new();
    private readonly TaskCompletionSource _readsReleased = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _writesReleased = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly UseGate _reads;
    private readonly UseGate _writes;
    private readonly Lock _gate = new();
    private ReadOnlyMemory<byte> _early;
    private bool _peerEnded;
    private Task? _finished;
    private Task<string?>? _closed;

    /// <param name="connection">Owned from here on.</param>
    /// <param name="answer">Of the server.</param>
    /// <param name="target">For messages.</param>
    /// <param name="options">Clock and close timeout.</param>
    /// <param name="onEnded">Called once, when the socket is closed.</param>
    public SocketStreamEnd(
        ServerConnection connection, ConnectResponse answer, TunnelTarget target, TunnelClientOptions options, Action<SocketStreamEnd> onEnded)
    {
        _connection = connection;
        _early = answer.Rest;
        ConnectionId = answer.ConnectionId;
        CanHalfClose = TunnelFeatures.Parse(answer.Features).HasFlag(TunnelFeatureSet.HalfClose);
        _target = target;
        _closeTimeout = options.CloseTimeout;
        _time = options.TimeProvider;
        _onEnded = onEnded;
        _interruptRead = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        _reads = new UseGate("read", _readsReleased.SetResult);
        _writes = new UseGate("write", _writesReleased.SetResult);
    }

    public string ConnectionId { get; }

    /// <summary>
    /// A server of upstream takes the end of a client's stream for the end of the connection, and the bytes that the target
    /// still had to say are lost.
    /// </summary>
    public bool CanHalfClose { get; }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_reads.TryEnter())
        {
            return 0;
        }

        try
        {
            if (!_early.IsEmpty)
            {
                var taken = Math.Min(_early.Length, buffer.Length);
                _early[..taken].CopyTo(buffer);
                _early = _early[taken..];
                return taken;
            }

            var read = await ReadStreamAsync(buffer, cancellationToken).ConfigureAwait(false);
            _peerEnded |= read == 0 && !buffer.IsEmpty;
            return read;
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            _reads.Exit();
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_writes.TryEnter())
        {
            throw new IOException($"the connection to {_target} is closed");
        }

        try
        {
            using var either = Link(cancellationToken, _closing.Token);
            await _connection.Stream.WriteAsync(buffer, either?.Token ?? _closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the connection to {_target} is closed", e);
        }
        finally
        {
            _writes.Exit();
        }
    }

    public void CompleteWrites()
    {
        lock (_gate)
        {
            if (_closed is null)
            {
                _finished ??= FinishWritesAsync();
            }
        }
    }

    public void BeginClose() => _ = Close(graceful: true);

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (await Close(graceful: true).WaitAsync(cancellationToken).ConfigureAwait(false) is { } error)
        {
            throw new IOException(error);
        }
    }

    public void Abort() => _ = Close(graceful: false);

    /// <summary>Aborts, unless a close has begun, which ends by the close timeout; and waits until the socket is closed.</summary>
    public async ValueTask DisposeAsync() => await Close(graceful: false).ConfigureAwait(false);

    private Task<string?> Close(bool graceful)
    {
        lock (_gate)
        {
            return _closed ??= CloseCoreAsync(graceful);
        }
    }

    private async Task<string?> CloseCoreAsync(bool graceful)
    {
        using var deadline = new CancellationTokenSource(_closeTimeout, _time);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        // A write that still waits shows that the bytes before the end cannot all get through.
        graceful &= _writes.Close();
        _reads.Close();
        await _closing.CancelAsync().ConfigureAwait(false);
        var released = Task.WhenAll(_readsReleased.Task, _writesReleased.Task);
        var error = graceful ? await ShutDownAsync(released, deadline.Token).ConfigureAwait(false) : null;

        // What is still inside, such as a read behind an alert that the server does not take, comes out now.
        _connection.Socket.Dispose();
        await released.ConfigureAwait(false);
        await _connection.Stream.DisposeAsync().ConfigureAwait(false);

        // A FIN that was still under way fails with the socket.
        await (_finished ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _interruptRead.Dispose();
        _closing.Dispose();
        _onEnded(this);
        return error;
    }

    /// <summary>FIN, then the rest of what the target says until its end: closing earlier would be RST and could cut our last bytes.</summary>
    private async Task<string?> ShutDownAsync(Task released, CancellationToken deadline)
    {
        try
        {
            await released.WaitAsync(deadline).ConfigureAwait(false);
            if (_peerEnded)
            {
                return null;
            }

            await (_finished ??= FinishWritesAsync()).WaitAsync(deadline).ConfigureAwait(false);
            var rest = new byte[4096];
            while (await _connection.Stream.ReadAsync(rest, deadline).ConfigureAwait(false) > 0)
            {
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return $"{_target} did not end the connection within {_closeTimeout.TotalSeconds:0.###} s";
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return $"the connection to {_target} broke while it was closed: {e.Message}";
        }
    }

    /// <summary>FIN, behind the write that is under way; over TLS with the alert without which it would be a cut.</summary>
    private async Task FinishWritesAsync()
    {
        _writes.Close();
        await _writesReleased.Task.ConfigureAwait(false);
        if (_connection.Stream is SslStream tls)
        {
            await _tlsEnd.SendAsync(tls, _interruptRead.Cancel).ConfigureAwait(false);
        }

        _connection.Socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>A read that TLS has asked to return goes on when the end is sent.</summary>
    private async ValueTask<int> ReadStreamAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _tlsEnd.EnterReadAsync().ConfigureAwait(false);
            try
            {
                var stop = _interruptRead.IsCancellationRequested ? _closing.Token : _interruptRead.Token;
                using var either = Link(cancellationToken, stop);
                return await _connection.Stream.ReadAsync(buffer, either?.Token ?? stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (
                _interruptRead.IsCancellationRequested && !_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // Once in the life of a connection.
            }
            finally
            {
                _tlsEnd.ExitRead();
            }
        }
    }

    private static CancellationTokenSource? Link(CancellationToken given, CancellationToken stop) =>
        given.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(given, stop) : null;
}
