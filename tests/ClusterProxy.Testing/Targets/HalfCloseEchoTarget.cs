using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>Collects until FIN and only then answers with all of it: works only if half-close gets through.</summary>
public sealed class HalfCloseEchoTarget : LoopbackTarget
{
    private const int Limit = 64 * 1024 * 1024;

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var collected = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(socket, buffer, cancellationToken) is > 0 and var read)
        {
            if (collected.Length + read > Limit)
            {
                throw new InvalidOperationException($"more than {Limit} bytes before FIN");
            }

            collected.Write(buffer, 0, read);
        }

        await SendAllAsync(socket, collected.GetBuffer().AsMemory(0, (int)collected.Length), cancellationToken);
        socket.Shutdown(SocketShutdown.Send);
    }
}
