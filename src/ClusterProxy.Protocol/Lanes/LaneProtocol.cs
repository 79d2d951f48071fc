using System.IO.Pipelines;
using System.Net.Security;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>
/// A lane: a connection of an agent or a frontend beside its tunnel, or of two servers, that carries the same packets in the same five-byte frames,
/// without HTTP/2 around them. Normative text: proto/README.md, "lanes".
/// </summary>
internal static class LaneProtocol
{
    private static readonly StreamPipeReaderOptions ReaderOptions =
        new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true);

    /// <summary>What a lane asks for in its TLS handshake; a server that does not know it ends the handshake.</summary>
    public static SslApplicationProtocol Alpn { get; } = new("clusterproxy-lane/1");

    /// <summary>What a lane between servers asks for; a port of its own takes it, and no other.</summary>
    public static SslApplicationProtocol PeerAlpn { get; } = new("clusterproxy-peer/1");

    /// <summary>
    /// What a lane begins with where no handshake has said that it is one: the flag byte of its first frame. HTTP/2's preface and
    /// a CONNECT begin with letters.
    /// </summary>
    public const byte FirstByte = 0;

    /// <param name="stream">Authenticated; stays the caller's.</param>
    public static PipeReader CreateInput(Stream stream) => PipeReader.Create(stream, ReaderOptions);

    /// <param name="stream">Authenticated; stays the caller's.</param>
    public static PipeWriter CreateOutput(Stream stream) => new LanePipeWriter(stream);
}
