using System.IO.Pipelines;
using System.Net.Sockets;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>The transport of a lane, at the end that opened it.</summary>
internal sealed class LaneConnection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly Socket _socket;
    private readonly PipeReader _input;

    /// <param name="stream">TLS, or a socket where the way is safe without; owned from here on.</param>
    /// <param name="socket">Beneath the stream.</param>
    /// <param name="maxMessageSize">Bytes of a packet.</param>
    public LaneConnection(Stream stream, Socket socket, int maxMessageSize)
    {
        _stream = stream;
        _socket = socket;
        _input = LaneProtocol.CreateInput(stream);
        Reader = new PacketReader(_input, maxMessageSize);
        Output = LaneProtocol.CreateOutput(stream);
    }

    public PacketReader Reader { get; }

    public PipeWriter Output { get; }

    /// <summary>
    /// Tells the server that nothing more comes. By FIN alone: nobody takes the end of a lane for the end of anything on it, and to send
    /// <c>close_notify</c> the read would have to stop.
    /// </summary>
    public async ValueTask CompleteOutputAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server left first.
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
