using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Client.Tunnels;

/// <summary>A connection carried as packets.</summary>
internal sealed class PacketStreamEnd : IStreamEnd
{
    // A whole packet a piece: larger writes would copy all before the first byte leaves.
    private const int PieceSize = 64 * 1024;

    private readonly IPacketCarrier _carrier;
    private readonly TunnelConnection _connection;
    private readonly UseGate _reads;
    private readonly UseGate _writes;
    private bool _isClosing;

    public PacketStreamEnd(IPacketCarrier carrier, TunnelConnection connection, string connectionId)
    {
        ConnectionId = PeerText.Bound(connectionId);
        _carrier = carrier;
        _connection = connection;
        _reads = new UseGate("read", () => connection.Input.Complete());
        _writes = new UseGate("write", () => connection.Output.Complete());
    }

    public string ConnectionId { get; }

    /// <summary>Konnectivity's packets have no half-close; where server and agent have ours, the answer to the dial says so.</summary>
    public bool CanHalfClose => _connection.CanHalfClose;

    /// <summary>Ends with a close in good order, at the latest when the close timeout has passed; at once where there is none. Never fails.</summary>
    public Task Closing => Volatile.Read(ref _isClosing) ? _connection.Completion : Task.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_reads.TryEnter())
        {
            return ReadEnd();
        }

        try
        {
            var input = _connection.Input;
            if (!input.TryRead(out var result))
            {
                result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            return Take(input, result, buffer.Span);
        }
        finally
        {
            _reads.Exit();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_writes.TryEnter())
        {
            throw new IOException(_carrier.EndText());
        }

        try
        {
            while (!buffer.IsEmpty)
            {
                var piece = buffer[..Math.Min(buffer.Length, PieceSize)];
                buffer = buffer[piece.Length..];
                if ((await SendAsync(piece.Span, cancellationToken).ConfigureAwait(false)).IsCompleted)
                {
                    throw new IOException(_carrier.EndText());
                }
            }
        }
        finally
        {
            _writes.Exit();
        }
    }

    public void CompleteWrites() => _writes.Close();

    public void BeginClose()
    {
        // Before anything is sent: whoever cuts the carrier has to see it.
        if (Interlocked.Exchange(ref _isClosing, true))
        {
            return;
        }

        _connection.RequestClose(CloseReason.FrontendClosed);
        if (!_writes.Close())
        {
            // A write that still waits shows that the bytes before the end cannot all get through.
            _connection.Abort(CloseReason.FrontendLost);
        }

        CloseReads();
        _carrier.EndWithin();
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        BeginClose();
        await _connection.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);

        // Where a write that still waited was given up, that write has said so.
        if (_carrier.CloseAnswer is not "" || _connection.LostBy is not (null or CloseReason.FrontendLost))
        {
            throw new IOException(_carrier.EndText());
        }
    }

    public void Abort()
    {
        _connection.Abort(CloseReason.FrontendLost);
        _writes.Close();
        CloseReads();
        _carrier.EndWithin();
    }

    /// <summary>Frees the tunnel's reader if it waits for this end to take bytes.</summary>
    public void CloseReads()
    {
        if (!_reads.Close())
        {
            _connection.Input.CancelPendingRead();
        }
    }

    /// <summary>In one segment, so that the tunnel has it in one.</summary>
    private ValueTask<FlushResult> SendAsync(ReadOnlySpan<byte> piece, CancellationToken cancellationToken)
    {
        var output = _connection.Output;
        piece.CopyTo(output.GetSpan(piece.Length));
        output.Advance(piece.Length);
        return output.FlushAsync(cancellationToken);
    }

    private int Take(PipeReader input, ReadResult result, Span<byte> buffer)
    {
        var available = result.Buffer;
        if (available.IsEmpty)
        {
            input.AdvanceTo(available.End);
            return ReadEnd();
        }

        // Not consumed and not examined by a zero-length read, so that the next read finds the bytes at once.
        var taken = available.Slice(0, Math.Min(available.Length, buffer.Length));
        taken.CopyTo(buffer);
        var length = (int)taken.Length;
        input.AdvanceTo(taken.End);
        return length;
    }

    private int ReadEnd() => _carrier.IsCutOff ? throw new IOException(_carrier.EndText()) : 0;
}
