namespace ClusterProxy.Cli.Connecting;

/// <summary>
/// Standard input whose reads can be cancelled. The read beneath cannot: it stays until input comes or the process ends, and
/// is kept for the next call.
/// </summary>
internal sealed class StandardInput(Stream inner) : Stream
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Task<int>? _pending;
    private ReadOnlyMemory<byte> _left;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left.IsEmpty)
        {
            _pending ??= inner.ReadAsync(_buffer, CancellationToken.None).AsTask();
            var read = await _pending.WaitAsync(cancellationToken);
            _pending = null;
            _left = _buffer.AsMemory(0, read);
        }

        var taken = Math.Min(_left.Length, buffer.Length);
        _left[..taken].CopyTo(buffer);
        _left = _left[taken..];
        return taken;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
