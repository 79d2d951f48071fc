using System.Text;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>The client's side of HTTP CONNECT, as kube-apiserver does it.</summary>
internal static class ConnectFrontend
{
    private const int MaxHead = 4096;

    public static async Task OpenAsync(Stream stream, string target, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), cancellationToken);
        var head = new byte[MaxHead];
        var length = 0;
        while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            // The target of these tests never speaks first, so a read cannot take bytes behind the head.
            var read = length < MaxHead ? await stream.ReadAsync(head.AsMemory(length), cancellationToken) : 0;
            if (read == 0)
            {
                throw new IOException($"CONNECT {target} got no answer but: {Encoding.ASCII.GetString(head, 0, length)}");
            }

            length += read;
        }

        if (!head.AsSpan(0, length).StartsWith("HTTP/1.1 200 "u8))
        {
            throw new IOException($"CONNECT {target} was refused: {Encoding.ASCII.GetString(head, 0, length).Trim()}");
        }
    }
}
