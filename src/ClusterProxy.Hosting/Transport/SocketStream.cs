using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// A socket whose failures have the exceptions that Kestrel and its users know. A stream only for what writes to it; what reads
/// is <see cref="SocketPipeReader"/>.
/// </summary>
/// <param name="socket">Owned; its calls do not block.</param>
internal sealed class SocketStream(Socket socket) : Stream
{
    private const int ProbeSeconds = 15;

    private volatile bool _reset;
    private volatile bool _peerEnded;
    private volatile bool _runsInline;
    private bool _probes;
    private SocketTurns _reads;

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether nothing more comes from the peer.</summary>
    public bool IsOver => _peerEnded || _reset;

    /// <summary>
    /// From here on a read that had to wait goes on on the thread that learned of the bytes. Before, as in a handshake, what
    /// follows a read may take milliseconds and is not for that thread.
    /// </summary>
    public bool RunsInline
    {
        get => _runsInline;
        set => _runsInline = value;
    }

    /// <summary>Whether the socket, and nothing else, failed.</summary>
    public static bool IsFault(Exception e) => e is SocketException or ObjectDisposedException;

    /// <summary>As those know it who use a connection.</summary>
    public Exception Translate(Exception fault) =>
        _reset || fault is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted }
            ? new ConnectionAbortedException("the connection was closed on this side", fault)
            : fault is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted }
                ? new ConnectionResetException(fault.Message, fault)
                : new IOException(fault.Message, fault);

    /// <summary>Tells the peer that nothing more comes.</summary>
    public void Finish()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer left first.
        }
    }

    /// <summary>
    /// Drops what the peer still sends until it ends too. Closing a socket on bytes that nobody read resets the connection, and a
    /// peer that learns of that by a write of its own throws away what it has not read.
    /// </summary>
    /// <param name="limit">Fires when the peer has had its time; then it is cut.</param>
    public async ValueTask LingerAsync(CancellationToken limit)
    {
        var dropped = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (!IsOver)
            {
                _peerEnded = await socket.ReceiveAsync(dropped.AsMemory(), SocketFlags.None, limit) == 0;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection broke, or the time is over: either way it is closed next.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(dropped);
        }
    }

    /// <inheritdoc cref="DirectSocketConnection.HasPeerLeft"/>
    public bool HasPeerLeft()
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix && !_probes)
            {
                // A host forgets a socket that was closed after a minute; the next probe is answered with RST.
                _probes = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeSeconds);
            }

            // Sends nothing, and fails where sending would.
            socket.Send(ReadOnlySpan<byte>.Empty);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <inheritdoc cref="DirectSocketConnection.PeerWaits"/>
    public TimeSpan? PeerWaits() => TcpState.Read(socket) is { IsOpen: true } state ? state.SinceLastBytes : null;

    /// <summary>Cuts the connection; what waits on it fails.</summary>
    public void Reset()
    {
        _reset = true;
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Dispose();
    }

    /// <summary>Ends when there are bytes to receive, or the end, or a fault, which <see cref="TryReceive"/> then tells.</summary>
    public ValueTask<int> WaitForBytesAsync()
    {
        _reads.Waited();
        try
        {
            return socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException<int>(e);
        }
    }

    /// <summary>Takes what has come; 0 at the end, less when there is nothing yet.</summary>
    /// <param name="buffer">Where to; not empty.</param>
    /// <param name="isLong">So much has come without a wait that what follows belongs on another thread.</param>
    public int TryReceive(Span<byte> buffer, out bool isLong)
    {
        isLong = false;
        try
        {
            var received = socket.Receive(buffer, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return -1;
            }

            if (error != SocketError.Success)
            {
                throw Translate(new SocketException((int)error));
            }

            _peerEnded = received == 0;
            isLong = _reads.Moved(received);
            return received;
        }
        catch (ObjectDisposedException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>Sends what the socket takes at once; true when that is all. A fault is left to the write of the rest, which meets it too.</summary>
    /// <param name="rest">What is left of it.</param>
    public bool TrySend(ref ReadOnlyMemory<byte> rest)
    {
        try
        {
            rest = rest[Math.Max(0, socket.Send(rest.Span, SocketFlags.None, out _))..];
        }
        catch (ObjectDisposedException)
        {
            // As any other fault.
        }

        return rest.IsEmpty;
    }

    /// <summary>Sends inside the call; only what the socket does not take at once is waited for.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var sent = socket.Send(buffer.Span, SocketFlags.None, out var error);
            return error switch
            {
                SocketError.Success when sent == buffer.Length => ValueTask.CompletedTask,
                SocketError.Success or SocketError.WouldBlock => SendRestAsync(buffer[sent..], cancellationToken),
                _ => ValueTask.FromException(Translate(new SocketException((int)error))),
            };
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException(Translate(e));
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Every write goes out at once.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Finish();
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
            }
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Translate(e);
        }
    }
}
