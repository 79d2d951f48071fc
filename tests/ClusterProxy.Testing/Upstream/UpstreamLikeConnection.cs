using System.Threading.Channels;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Testing.Upstream;

/// <summary>One connection of an <see cref="UpstreamLikeFrontend"/>; it stops reading its stream while its queue is full.</summary>
internal sealed class UpstreamLikeConnection : Stream
{
    /// <summary>Packets, as upstream has.</summary>
    private const int QueueLength = 10;

    private readonly UpstreamCall _call;
    private readonly long _connectId;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ReadOnlyMemory<byte>> _queue = Channel.CreateBounded<ReadOnlyMemory<byte>>(QueueLength);
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private ReadOnlyMemory<byte> _current;
    private int _disposed;

    public UpstreamLikeConnection(UpstreamCall call, long connectId)
    {
        _call = call;
        _connectId = connectId;
        _reading = ReceiveAsync();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_current.IsEmpty)
        {
            if (!await _queue.Reader.WaitToReadAsync(cancellationToken))
            {
                return 0;
            }

            _queue.Reader.TryRead(out _current);
        }

        var taken = Math.Min(buffer.Length, _current.Length);
        _current[..taken].CopyTo(buffer);
        _current = _current[taken..];
        return taken;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(buffer.Length, UpstreamStream.MaxData)..])
        {
            if (_closed.Task.IsCompleted)
            {
                throw new IOException($"the connection was closed: {await _closed.Task}");
            }

            await _call.Stream.SendDataAsync(_connectId, buffer[..Math.Min(buffer.Length, UpstreamStream.MaxData)], either.Token);
        }
    }

    /// <summary>CLOSE_REQ, its answer, and the end of the stream.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await CloseAsync();
        }

        await base.DisposeAsync();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async Task CloseAsync()
    {
        try
        {
            if (!_closed.Task.IsCompleted)
            {
                var request = new Packet { Type = PacketType.CloseReq, CloseRequest = new() { ConnectID = _connectId } };
                await _call.Stream.SendAsync(request, _stop.Token).DefaultTimeout();
                _queue.Writer.TryComplete();
                await _closed.Task.DefaultTimeout();
            }

            await _call.EndOutputAsync().DefaultTimeout();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It broke meanwhile.
        }
        finally
        {
            // The call first: cancelling a read beside a stream that is just ending has thrown.
            await _call.DisposeAsync();
            await _stop.CancelAsync();
            await _reading;
            _stop.Dispose();
        }
    }

    private async Task ReceiveAsync()
    {
        var end = new IOException("the stream ended before CLOSE_RSP came");
        try
        {
            while (await _call.Stream.ReceiveAsync(_stop.Token) is { } packet)
            {
                if (packet.Type == PacketType.Data)
                {
                    await QueueAsync(packet.Data.Data_.Memory);
                }
                else if (packet.Type == PacketType.CloseRsp)
                {
                    end = null;
                    _closed.TrySetResult(packet.CloseResponse.Error);
                    _queue.Writer.TryComplete();
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or GrpcException or HttpRequestException or ObjectDisposedException)
        {
            end = end is null ? null : new IOException(end.Message, e);
        }

        _queue.Writer.TryComplete(end);
        _closed.TrySetException(end ?? new IOException());
        _ = _closed.Task.Exception;
    }

    /// <summary>The whole stream waits here for its reader.</summary>
    private async Task QueueAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _queue.Writer.WriteAsync(bytes, _stop.Token);
        }
        catch (ChannelClosedException)
        {
            // Closed by this end while bytes still came: only the answer counts now.
        }
    }
}
