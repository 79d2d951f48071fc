using ClusterProxy.Hosting.Transport;

namespace ClusterProxy.Cli.Connecting;

/// <summary>
/// Standard input whose reads can be cancelled. The read beneath cannot: it stays until input comes or the process ends, and
/// is kept for the next call.
/// </summary>
internal sealed class StandardInput(Stream inner) : AsyncReadStream
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Task<int>? _pending;
    private ReadOnlyMemory<byte> _left;

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
}
