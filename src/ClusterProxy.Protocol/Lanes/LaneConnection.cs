using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>The transport of a lane, at the end that opened it.</summary>
internal sealed class LaneConnection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly PipeReader _input;

    /// <param name="stream">TLS, or a socket where the way is safe without; owned from here on.</param>
    /// <param name="maxMessageSize">Bytes of a packet.</param>
    public LaneConnection(Stream stream, int maxMessageSize)
    {
        _stream = stream;
        _input = LaneProtocol.CreateInput(stream);
        Reader = new PacketReader(_input, maxMessageSize);
        Output = LaneProtocol.CreateOutput(stream);
    }

    public PacketReader Reader { get; }

    public PipeWriter Output { get; }

    /// <summary>Tells the server that nothing more comes.</summary>
    public async ValueTask CompleteOutputAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        switch (_stream)
        {
            case SslStream tls:
                await tls.EndAsync().ConfigureAwait(false);
                await tls.FlushAsync().ConfigureAwait(false);
                break;
            case NetworkStream plain:
                plain.Socket.Shutdown(SocketShutdown.Send);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _input.CompleteAsync().ConfigureAwait(false);

        // In order it has been completed before. What a broken lane has left must not be sent now: it may be half sent, and
        // nobody may take it.
        await Output.CompleteAsync(new IOException("the lane has ended")).ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}
