using ClusterProxy.Client.Tunnels;

namespace ClusterProxy.Client;

/// <summary>
/// One TCP connection to a target, through the proxy server and an agent. One read and one write may run at a time, side by
/// side. Writes return when the bytes are on their way; the transport's flow control holds them back when the target does
/// not read.
/// </summary>
/// <remarks>
/// A read returns 0 when the target has ended the connection, and throws <see cref="IOException"/> when the target has reset it or the
/// tunnel broke instead, so that a cut transfer is not taken for a complete one. Konnectivity's packets say nothing of a reset, nor of a
/// tunnel that was lost, so that the first reads as an end through a server or an agent of upstream, and the second through a server of
/// upstream. Over HTTP-CONNECT a target's reset always does, the loss of a tunnel on a Unix socket, and with TLS the end of the server
/// itself, which .NET's TLS stream takes for one in good order. Who transfers by CONNECT
/// should know the length.
/// <para>
/// Disposing, asynchronously or not, starts to close behind the last byte written and waits for nothing, as with a socket: the
/// round trip goes on behind it, and the client stays to see it through. Who must know that all has reached the agent, which hands it
/// on to the target, awaits <see cref="CloseAsync"/> first. After a write that failed, disposing cuts the connection.
/// </para>
/// </remarks>
public sealed partial class TunnelStream : Stream
{
    private readonly IStreamEnd _end;
    private readonly TimeProvider _time;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;
    private volatile bool _writesCompleted;
    private volatile bool _failed;
    private volatile bool _disposed;

    internal TunnelStream(IStreamEnd end, TunnelTarget target, TimeProvider time)
    {
        _end = end;
        Target = target;
        _time = time;
    }

    /// <summary>What the agent dialed.</summary>
    public TunnelTarget Target { get; }

    /// <summary>
    /// By which the server's and the agent's logs and the server's audit name this connection, 16 hexadecimal digits. Empty
    /// with a server of upstream, which does not say; proto/README.md, section "trace".
    /// </summary>
    public string ConnectionId => _end.ConnectionId;

    /// <summary>
    /// Whether <see cref="CompleteWrites"/> works. Konnectivity has no half-close, so it is true only when server and
    /// agent have both announced that they pass it on.
    /// </summary>
    public bool CanHalfClose => _end.CanHalfClose;

    /// <summary>
    /// Milliseconds that a read may wait, asynchronous ones included; <see cref="Timeout.Infinite"/> by default, since many
    /// protocols are silent for hours. The stream stays usable after a read that timed out.
    /// </summary>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = CheckTimeout(value);
    }

    /// <summary>
    /// Milliseconds that a write may wait, asynchronous ones included; <see cref="Timeout.Infinite"/> by default. Part of the
    /// bytes may have been sent when it times out, so the stream can only be disposed then.
    /// </summary>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = CheckTimeout(value);
    }

    /// <summary>Tells the target, behind the last byte written, that nothing more comes; reading goes on.</summary>
    /// <exception cref="NotSupportedException">The far end has no half-close; see <see cref="CanHalfClose"/>.</exception>
    public void CompleteWrites()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!CanHalfClose)
        {
            throw new NotSupportedException(
                $"the connection to {Target} cannot be closed in one direction only: the proxy server or the agent does not pass that on. " +
                $"Check {nameof(CanHalfClose)} first, mark the end of the message in the protocol, or dispose the stream to close both directions");
        }

        _writesCompleted = true;
        _end.CompleteWrites();
    }

    /// <summary>
    /// Closes the connection behind the last byte written and waits until the far end has acknowledged it, for at most
    /// <see cref="TunnelClientOptions.CloseTimeout"/>. A pending read returns 0. It may be called after disposing, too, to wait for
    /// the close that has begun there.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting only: the connection goes on closing.</param>
    /// <returns>When the far end has acknowledged; after a write that failed at once, since nothing is left to wait for.</returns>
    /// <exception cref="IOException">It did not acknowledge, or the tunnel broke: bytes may be missing at the target.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        _disposed = true;
        if (_failed)
        {
            _end.Abort();
            return;
        }

        await _end.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _readTimeout == Timeout.Infinite
            ? _end.ReadAsync(buffer, cancellationToken)
            : ReadInTimeAsync(buffer, _readTimeout, cancellationToken);
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_writesCompleted)
        {
            throw new InvalidOperationException($"nothing can be written to {Target} after {nameof(CompleteWrites)}");
        }

        try
        {
            if (_writeTimeout == Timeout.Infinite)
            {
                await _end.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await WriteInTimeAsync(buffer, _writeTimeout, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            _failed = true;
            throw;
        }
    }

    /// <summary>Does nothing: bytes leave as they are written.</summary>
    /// <param name="cancellationToken">Not used.</param>
    /// <returns>A finished task.</returns>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Starts to close behind the last byte, without waiting for the far end.</summary>
    /// <param name="disposing">False does nothing.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (_failed)
            {
                _end.Abort();
            }
            else
            {
                _end.BeginClose();
            }
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadInTimeAsync(Memory<byte> buffer, int timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(timeout), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await _end.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"nothing came from {Target} within the read timeout of {timeout} ms", new TimeoutException(null, e));
        }
    }

    private async ValueTask WriteInTimeAsync(ReadOnlyMemory<byte> buffer, int timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(timeout), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _end.WriteAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{Target} did not take the bytes within the write timeout of {timeout} ms", new TimeoutException(null, e));
        }
    }

    private static int CheckTimeout(int value) => value is > 0 or Timeout.Infinite
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "a timeout is at least 1 ms, or Timeout.Infinite");
}
