using System.Net.WebSockets;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>v5.channel.k8s.io: each message begins with its channel: 0 in, 1 out, 2 errors, 3 how it ended; 255 closes one.</summary>
internal sealed class WebSocketChannels(WebSocket socket) : ICommandChannels
{
    public const string Protocol = "v5.channel.k8s.io";

    private readonly SemaphoreSlim _sending = new(1);

    public async Task CopyInputAsync(Stream input, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var channel = -1;
        while (await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken) is { MessageType: not WebSocketMessageType.Close } part)
        {
            var bytes = buffer.AsMemory(0, part.Count);
            if (channel < 0 && part.Count > 0)
            {
                channel = bytes.Span[0];
                bytes = bytes[1..];
            }

            if (channel == 0)
            {
                await input.WriteAsync(bytes, cancellationToken);
                await input.FlushAsync(cancellationToken);
            }
            else if (channel == 255 && bytes is { Length: 1 } && bytes.Span[0] == 0)
            {
                input.Close();
            }

            channel = part.EndOfMessage ? -1 : channel;
        }
    }

    public async Task SendAsync(int channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        byte[] message = [(byte)channel, .. bytes.Span];
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async Task EndAsync(ReadOnlyMemory<byte> status, CancellationToken cancellationToken)
    {
        await SendAsync(3, status, cancellationToken);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }
}
