using System.Net.Sockets;
using System.Text;

namespace ClusterProxy.Testing.Targets;

/// <summary>Greets before it reads, as SSH and SMTP do, then echoes.</summary>
public sealed class ServerFirstTarget(string greeting = "220 ready\r\n") : LoopbackTarget
{
    public string Greeting => greeting;

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await SendAllAsync(socket, Encoding.UTF8.GetBytes(greeting), cancellationToken);
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(socket, buffer, cancellationToken) is > 0 and var read)
        {
            await SendAllAsync(socket, buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
