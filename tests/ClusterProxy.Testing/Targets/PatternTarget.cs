using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>
/// Sends, takes or echoes what the first bytes of the connection ask for. Every byte depends on its place and on the
/// connection's seed, so that one that is lost, doubled, swapped or from another connection shows.
/// </summary>
/// <param name="port">Any free one by default.</param>
public sealed class PatternTarget(int port = 0) : LoopbackTarget(port: port)
{
    /// <summary>The uploads that have ended.</summary>
    public ObservedList<PatternUpload> Uploads { get; } = new();

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var head = new byte[PatternRequest.Size];
        for (var filled = 0; filled < head.Length;)
        {
            var read = await ReceiveAsync(socket, head.AsMemory(filled), cancellationToken);
            if (read == 0)
            {
                return;
            }

            filled += read;
        }

        var request = PatternRequest.Read(head);
        await (request.Mode switch
        {
            PatternMode.Download => SendPatternAsync(socket, request, cancellationToken),
            PatternMode.Upload => TakePatternAsync(socket, request, cancellationToken),
            PatternMode.Echo => EchoAsync(socket, cancellationToken),
            _ => throw new InvalidOperationException($"the first bytes of a connection were wrong: {Convert.ToHexString(head)}"),
        });
    }

    private async Task SendPatternAsync(Socket socket, PatternRequest request, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        for (var offset = 0; offset < request.Length;)
        {
            var piece = buffer.AsMemory(0, Math.Min(buffer.Length, request.Length - offset));
            SeededBytes.Fill(request.Seed, offset, piece.Span);
            await SendAllAsync(socket, piece, cancellationToken);
            offset += piece.Length;
        }

        socket.Shutdown(SocketShutdown.Send);
        while (await ReceiveAsync(socket, buffer, cancellationToken) > 0)
        {
        }
    }

    private async Task TakePatternAsync(Socket socket, PatternRequest request, CancellationToken cancellationToken)
    {
        var check = new PatternCheck(request.Seed);
        var buffer = new byte[64 * 1024];
        var inOrder = false;
        try
        {
            while (await ReceiveAsync(socket, buffer, cancellationToken) is > 0 and var read)
            {
                check.Take(buffer.AsSpan(0, read));
                if (check.Length == request.Length)
                {
                    await SendAllAsync(socket, new byte[1], cancellationToken);
                }
            }

            inOrder = true;
        }
        finally
        {
            Uploads.Add(new PatternUpload(request, check.Length, check.WrongAt, inOrder));
        }
    }

    private async Task EchoAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(socket, buffer, cancellationToken) is > 0 and var read)
        {
            await SendAllAsync(socket, buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
