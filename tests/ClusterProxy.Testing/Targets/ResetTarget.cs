using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>Reads <paramref name="afterBytes"/> bytes, sends <paramref name="answer"/>, then ends with RST.</summary>
public sealed class ResetTarget(int afterBytes = 0, byte[]? answer = null) : LoopbackTarget
{
    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        for (var left = afterBytes; left > 0;)
        {
            var read = await ReceiveAsync(socket, buffer.AsMemory(0, Math.Min(left, buffer.Length)), cancellationToken);
            if (read == 0)
            {
                break;
            }

            left -= read;
        }

        await SendAllAsync(socket, answer ?? [], cancellationToken);
        Close(socket, reset: true);
    }
}
