using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Interop.Tests.Kit;

/// <summary>Plain sockets for the kit's own tests.</summary>
internal static class Loopback
{
    public static async Task<Socket> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint).DefaultTimeout();
        return socket;
    }

    // Not by NetworkStream: it refuses a socket that has sent FIN.
    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var collected = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer).DefaultTimeout() is > 0 and var read)
        {
            collected.Write(buffer, 0, read);
        }

        return collected.ToArray();
    }

    public static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(filled)).DefaultTimeout();
            Assert.NotEqual(0, read);
            filled += read;
        }

        return bytes;
    }

    public static async Task SendAsync(Socket socket, byte[] bytes)
    {
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(bytes).DefaultTimeout();
    }
}
