using System.IO.Pipelines;

namespace ClusterProxy.Testing.Spdy;

/// <summary>One stream of a <see cref="SpdyConnection"/>: what the client sends is read, and each direction ends by itself.</summary>
public sealed class SpdyStream
{
    private readonly SpdyConnection _connection;
    private readonly Pipe _received = new(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024));

    internal SpdyStream(SpdyConnection connection, int id, IReadOnlyDictionary<string, string> headers)
    {
        (_connection, Id, Headers) = (connection, id, headers);
        Input = _received.Reader.AsStream();
    }

    public int Id { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Ends with the client's FIN or reset.</summary>
    public Stream Input { get; }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _connection.SendDataAsync(Id, bytes, isLast: false, cancellationToken);

    public Task EndAsync(CancellationToken cancellationToken) => _connection.SendDataAsync(Id, default, isLast: true, cancellationToken);

    /// <summary>There are no windows as kubectl speaks it: a stream that nobody reads holds up its connection.</summary>
    internal async Task ReceiveAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await _received.Writer.WriteAsync(bytes, cancellationToken);

    internal void ReceiveEnd() => _received.Writer.Complete();
}
