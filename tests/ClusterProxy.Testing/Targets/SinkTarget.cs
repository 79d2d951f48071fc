using System.Net.Sockets;
using System.Security.Cryptography;

namespace ClusterProxy.Testing.Targets;

/// <summary>
/// Reads only as many bytes as the test has allowed: none at first, so it is the stalled reader; allowed bit by bit it is
/// the slow one. The budget is shared by its connections.
/// </summary>
public sealed class SinkTarget : LoopbackTarget
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ObservedCount _budget = new();
    private readonly Lock _gate = new();

    public void Allow(long bytes) => _budget.Add(bytes);

    public void AllowAll() => _budget.Add(long.MaxValue / 2);

    /// <summary>Of everything received so far; meaningful with one connection.</summary>
    public string Sha256()
    {
        lock (_gate)
        {
            return Convert.ToHexStringLower(_hash.GetCurrentHash());
        }
    }

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        // Fixed, so that the stall reaches the sender soon; well above the 64 KiB segments of loopback, below which the
        // kernel doles bytes out by timer.
        socket.ReceiveBufferSize = 256 * 1024;
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var allowed = await _budget.WaitUntilAsync(static left => left > 0).WaitAsync(cancellationToken);
            var take = (int)Math.Min(allowed, buffer.Length);
            _budget.Add(-take);
            var read = await ReceiveAsync(socket, buffer.AsMemory(0, take), cancellationToken);
            _budget.Add(take - read);
            if (read == 0)
            {
                return;
            }

            lock (_gate)
            {
                _hash.AppendData(buffer, 0, read);
            }
        }
    }
}
