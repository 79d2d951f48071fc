using System.IO.Pipelines;

namespace ClusterProxy.Testing.Streams;

/// <summary>One end of an in-memory connection. Bounded: a writer waits while the other end does not read.</summary>
public sealed class DuplexStream : Stream
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly Stream _reading;
    private readonly Stream _writing;

    private DuplexStream(PipeReader input, PipeWriter output)
    {
        _input = input;
        _output = output;
        _reading = input.AsStream();
        _writing = output.AsStream();
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

    /// <param name="capacity">Bytes that one direction holds before its writer waits.</param>
    public static (DuplexStream Left, DuplexStream Right) CreatePair(int capacity = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: capacity, resumeWriterThreshold: capacity / 2, useSynchronizationContext: false);
        var toRight = new Pipe(options);
        var toLeft = new Pipe(options);
        return (new DuplexStream(toLeft.Reader, toRight.Writer), new DuplexStream(toRight.Reader, toLeft.Writer));
    }

    /// <summary>FIN: the other end reads to the end, this end may go on reading.</summary>
    public void CompleteWrites() => _output.Complete();

    /// <summary>RST: both directions of both ends fail with an <see cref="IOException"/>.</summary>
    public void Reset(string message = "connection reset by peer")
    {
        _output.Complete(new IOException(message));
        _input.Complete(new IOException(message));
    }

    public override int Read(byte[] buffer, int offset, int count) => _reading.Read(buffer, offset, count);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _reading.ReadAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => _writing.Write(buffer, offset, count);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _output.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted)
        {
            throw new IOException("the other end is closed");
        }
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _output.Complete();
            _input.Complete();
        }

        base.Dispose(disposing);
    }
}
