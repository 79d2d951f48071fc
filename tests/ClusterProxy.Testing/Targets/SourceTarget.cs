using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>Sends <paramref name="length"/> bytes of <see cref="SeededBytes"/> to whoever connects, then FIN.</summary>
public sealed class SourceTarget(long length, int seed = 1) : LoopbackTarget
{
    private readonly Lazy<string> _sha256 = new(() => SeededBytes.Sha256(seed, length));

    public long Length => length;

    public string Sha256 => _sha256.Value;

    public ObservedCount BytesSent { get; } = new();

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        for (var offset = 0L; offset < length;)
        {
            var piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - offset));
            SeededBytes.Fill(seed, offset, piece.Span);
            await SendAllAsync(socket, piece, cancellationToken);
            BytesSent.Add(piece.Length);
            offset += piece.Length;
        }

        // Closing with unread input would be RST and could overtake the content.
        socket.Shutdown(SocketShutdown.Send);
        while (await ReceiveAsync(socket, buffer, cancellationToken) > 0)
        {
        }
    }
}
