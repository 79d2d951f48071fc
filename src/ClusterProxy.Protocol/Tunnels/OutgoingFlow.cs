using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// One connection's bytes on their way into a tunnel. Once started it is always in exactly one place: waiting for its source,
/// waiting for credit, queued at the writer, or in the writer's hands. So nothing of it needs a lock.
/// </summary>
internal sealed class OutgoingFlow
{
    private readonly TunnelWriter _writer;
    private readonly Action _onReadable;
    private PipeReader _source = null!;
    private Func<object, Packet?> _onDrained = null!;
    private object _drainedState = null!;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _read;
    private ReadResult _result;
    private volatile bool _discarded;
    private long _credit;
    private long _sent;
    private int _waitsForCredit;
    private int _lent;

    /// <param name="writer">The tunnel.</param>
    /// <param name="connectId">As the receiving peer knows the connection.</param>
    /// <param name="credit">Bytes that may be sent before the peer grants more; <see cref="Unlimited"/> without flow control.</param>
    internal OutgoingFlow(TunnelWriter writer, long connectId, long credit)
    {
        _credit = credit;
        _writer = writer;
        ConnectId = connectId;
        _onReadable = OnReadable;
    }

    /// <summary>The credit of a flow toward a peer that grants none.</summary>
    public const long Unlimited = long.MaxValue;

    public long ConnectId { get; }

    /// <summary>Bytes that may be sent before the peer grants more.</summary>
    public long Credit => Interlocked.Read(ref _credit);

    /// <summary>Bytes written into the tunnel.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    /// <summary>Bytes at hand. For whoever has the flow.</summary>
    internal long QueuedBytes => _result.Buffer.Length;

    /// <summary>The peer takes more.</summary>
    public void AddCredit(long bytes)
    {
        Interlocked.Add(ref _credit, bytes);
        Resume();
    }

    /// <summary>Starts to send. Once at most, and before or after anything else is done to the flow.</summary>
    /// <param name="source">Read to its end and then completed by the flow.</param>
    /// <param name="onDrained">Called when the last byte is written; what it returns follows that byte.</param>
    /// <param name="state">Handed to it, so that it needs no delegate of its own.</param>
    public void Start(PipeReader source, Func<object, Packet?> onDrained, object state)
    {
        _onDrained = onDrained;
        _drainedState = state;
        Volatile.Write(ref _source, source);
        Interlocked.MemoryBarrier();
        if (_discarded)
        {
            // It may have happened when there was nothing to wake yet.
            source.CancelPendingRead();
        }

        WaitForBytes();
    }

    /// <summary>Drops what is queued and sends nothing more, no closing packet either.</summary>
    public void Discard()
    {
        _discarded = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _source)?.CancelPendingRead();
        Resume();
    }

    private void WaitForBytes()
    {
#pragma warning disable CA2012 // The awaiter is consumed once, in OnReadable; a state machine a flow would cost a task each.
        _read = (_source is MeteredPipeReader metered ? metered.BeginRead() : _source.ReadAsync()).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (_read.IsCompleted)
        {
            OnReadable();
        }
        else
        {
            _read.UnsafeOnCompleted(_onReadable);
        }
    }

    /// <summary>
    /// Writes at most one packet, or lends it: a payload that makes up half a packet or more, and lies in one piece, leaves from there
    /// instead of being copied.
    /// </summary>
    /// <param name="output">The tunnel.</param>
    /// <param name="maxPayload">Bytes of the largest packet.</param>
    /// <param name="observer">Counts packets, if given.</param>
    /// <param name="written">Bytes written or lent.</param>
    /// <param name="packet">What is lent, header and payload, until <see cref="TakeBack"/>.</param>
    internal FlowTurn WriteTurn(
        PipeWriter output, int maxPayload, IPacketObserver? observer, out int written, out ReadOnlyMemory<byte> packet)
    {
        written = 0;
        packet = default;
        if (_discarded)
        {
            Release();
            return FlowTurn.Leaves;
        }

        var buffer = _result.Buffer;
        if (!buffer.IsEmpty)
        {
            var credit = Volatile.Read(ref _credit);
            if (credit == 0)
            {
                WaitForCredit();
                return FlowTurn.Leaves;
            }

            var most = (int)Math.Min(Math.Min(buffer.Length, maxPayload), credit);
            if (TryLend(buffer, most, maxPayload / 2, out packet))
            {
                written = packet.Length;
                Spend(_lent, observer);
                return FlowTurn.Lends;
            }

            var payload = buffer.Slice(0, most);
            written = WriteData(output, payload);
            Spend(most, observer);
            var more = most < buffer.Length;
            _source.AdvanceTo(payload.End);
            if (more && _source.TryRead(out _result))
            {
                return FlowTurn.HasMore;
            }

            if (more || !_result.IsCompleted)
            {
                WaitForBytes();
                return FlowTurn.Leaves;
            }
        }
        else if (!_result.IsCompleted)
        {
            _source.AdvanceTo(buffer.End);
            WaitForBytes();
            return FlowTurn.Leaves;
        }

        Release();
        if (_onDrained(_drainedState) is { } last)
        {
            written += PacketCodec.Write(output, last);
            observer?.PacketSent(last.Type, 0);
        }

        return FlowTurn.Leaves;
    }

    /// <summary>What was lent has been sent. True when the flow has more right now and wants another turn.</summary>
    internal bool TakeBack()
    {
        _source.AdvanceTo(_result.Buffer.GetPosition(_lent));
        if (_source.TryRead(out _result))
        {
            return true;
        }

        WaitForBytes();
        return false;
    }

    private bool TryLend(in ReadOnlySequence<byte> buffer, int most, int least, out ReadOnlyMemory<byte> packet)
    {
        packet = default;
        var piece = FirstSegment.Of(buffer);
        if (most < least || piece.Length < least)
        {
            return false;
        }

        // What stands before it in its memory has been sent.
        _lent = Math.Min(piece.Length, most);
        return PayloadBlock.TryFrame(piece[.._lent], ConnectId, out packet);
    }

    private void Spend(long payload, IPacketObserver? observer)
    {
        if (Volatile.Read(ref _credit) != Unlimited)
        {
            Interlocked.Add(ref _credit, -payload);
        }

        Volatile.Write(ref _sent, _sent + payload);
        observer?.PacketSent(PacketType.Data, (int)payload);
    }

    /// <summary>Keeps the bytes where they are; the source stays read until credit or the end comes.</summary>
    private void WaitForCredit()
    {
        // Tells the receiver that its window is what holds this connection up.
        _writer.TrySend(PacketFactory.Credit(ConnectId, 0));

        // A fence: what is looked at next must not be older than this word, or whoever changes it finds nobody to wake.
        Interlocked.Exchange(ref _waitsForCredit, 1);
        if (_discarded || Interlocked.Read(ref _credit) > 0)
        {
            Resume();
        }
    }

    private void Resume()
    {
        if (Interlocked.Exchange(ref _waitsForCredit, 0) == 1)
        {
            _writer.Enqueue(this);
        }
    }

    /// <summary>Lets go of the source: the producer sees its reader gone.</summary>
    internal void Release() => _source.Complete();

    private int WriteData(PipeWriter output, in ReadOnlySequence<byte> payload)
    {
        var header = DataPacket.WriteHeader(output.GetSpan(DataPacket.MaxHeaderLength), ConnectId, (int)payload.Length);
        output.Advance(header);
        foreach (var segment in payload)
        {
            output.Write(segment.Span);
        }

        return header + (int)payload.Length;
    }

    private void OnReadable()
    {
        // A source fails only when its own transport broke, and its owner reports that; here it is the end of the bytes.
        try
        {
            _result = _read.GetResult();
            (_source as MeteredPipeReader)?.EndRead(_result);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            _discarded = true;
        }

        _writer.Enqueue(this);
    }
}
