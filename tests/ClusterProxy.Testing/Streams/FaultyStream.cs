namespace ClusterProxy.Testing.Streams;

/// <summary>Wraps a stream and cuts, ends, stalls, shortens or splits either direction, deterministically.</summary>
public sealed class FaultyStream(Stream inner, StreamFaults? reads = null, StreamFaults? writes = null) : Stream
{
    private readonly StreamFaults _reads = reads ?? new StreamFaults();
    private readonly StreamFaults _writes = writes ?? new StreamFaults();
    private long _read;
    private long _written;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_reads.EndAt <= _read)
        {
            return 0;
        }

        await PassAsync(_reads, _read, cancellationToken);
        var read = await inner.ReadAsync(buffer[.._reads.Allow(_read, buffer.Length)], cancellationToken);
        _read += read;
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            await PassAsync(_writes, _written, cancellationToken);
            var piece = buffer[.._writes.Allow(_written, buffer.Length)];
            await inner.WriteAsync(piece, cancellationToken);
            await inner.FlushAsync(cancellationToken);
            _written += piece.Length;
            buffer = buffer[piece.Length..];
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("the code under test must read asynchronously");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("the code under test must write asynchronously");

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static async ValueTask PassAsync(StreamFaults faults, long offset, CancellationToken cancellationToken)
    {
        if (faults.StallAt <= offset)
        {
            await faults.Stall.WaitToContinueAsync(cancellationToken);
        }

        if (faults.CutAt <= offset)
        {
            throw new IOException($"cut after {offset} bytes");
        }
    }
}
