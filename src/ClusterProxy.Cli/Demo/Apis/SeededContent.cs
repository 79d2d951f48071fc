using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>
/// Bytes that both ends can make from a seed, so that a hash is compared with what should have come and not with what was sent.
/// SplitMix64: several GB/s, hence never what a transfer waits for.
/// </summary>
internal sealed class SeededContent(ulong seed)
{
    public const int ChunkSize = 64 * 1024;
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>SHA-256, in lower-case hexadecimal, of the first <paramref name="length"/> bytes of a seed.</summary>
    public static string Hash(ulong seed, long length, CancellationToken cancellationToken)
    {
        var content = new SeededContent(seed);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new byte[ChunkSize];
        for (var left = length; left > 0; left -= chunk.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, left));
            content.Fill(part);
            hash.AppendData(part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The next bytes. Only the last call of a content may ask for a length that is no multiple of 8.</summary>
    public void Fill(Span<byte> destination)
    {
        var whole = destination[..(destination.Length & ~7)];
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(whole))
        {
            var next = Next();
            word = BitConverter.IsLittleEndian ? next : BinaryPrimitives.ReverseEndianness(next);
        }

        var rest = destination[whole.Length..];
        if (!rest.IsEmpty)
        {
            Span<byte> last = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(last, Next());
            last[..rest.Length].CopyTo(rest);
        }
    }

    private ulong Next()
    {
        _state = unchecked(_state + Golden);
        var z = _state;
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
