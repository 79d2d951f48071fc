using System.IO.Pipelines;
using System.Net.Security;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>
/// A lane: a TLS connection beside an agent's tunnel that carries the same packets in the same five-byte frames, without
/// HTTP/2 around them. Normative text: proto/README.md, "lanes".
/// </summary>
internal static class LaneProtocol
{
    private static readonly StreamPipeReaderOptions ReaderOptions =
        new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true);

    // One segment holds a turn of the writer, so that one write to TLS carries it.
    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: 80 * 1024, leaveOpen: true);

    /// <summary>What a lane asks for in its TLS handshake; a server that does not know it ends the handshake.</summary>
    public static SslApplicationProtocol Alpn { get; } = new("clusterproxy-lane/1");

    /// <param name="tls">Authenticated; stays the caller's.</param>
    public static PipeReader CreateInput(Stream tls) => PipeReader.Create(tls, ReaderOptions);

    /// <param name="tls">Authenticated; stays the caller's.</param>
    public static PipeWriter CreateOutput(Stream tls) => PipeWriter.Create(tls, WriterOptions);
}
