using System.Net.Sockets;
using System.Threading.Channels;

namespace ClusterProxy.Testing.Upstream;

/// <summary>A connection of an upstream-like agent: the target's socket and the packets that wait for it.</summary>
internal sealed class UpstreamTarget(long connectId, Socket socket, int queueLength)
{
    public long ConnectId => connectId;

    public Socket Socket => socket;

    /// <summary>Whoever writes to it waits while it is full.</summary>
    public Channel<ReadOnlyMemory<byte>> Queue { get; } = Channel.CreateBounded<ReadOnlyMemory<byte>>(queueLength);

    /// <summary>Takes what is queued to the target, to the last byte, then closes its socket.</summary>
    public async Task SendQueuedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var bytes in Queue.Reader.ReadAllAsync(cancellationToken))
            {
                for (var sent = 0; sent < bytes.Length;)
                {
                    sent += await socket.SendAsync(bytes[sent..], SocketFlags.None, cancellationToken);
                }
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The target is gone, and nobody may wait for it.
            await foreach (var _ in Queue.Reader.ReadAllAsync(cancellationToken))
            {
            }
        }
    }
}
