using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Testing.Targets;

/// <summary>Sends back what it reads, until FIN.</summary>
public sealed class EchoTarget(IPAddress? address = null) : LoopbackTarget(address)
{
    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(socket, buffer, cancellationToken) is > 0 and var read)
        {
            await SendAllAsync(socket, buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
