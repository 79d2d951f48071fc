using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ClusterProxy.Testing;

/// <summary>Pseudo-random content that both ends can make from a seed: cheap enough for hundreds of MiB.</summary>
public static class SeededBytes
{
    public static byte[] Create(int seed, int length)
    {
        var bytes = new byte[length];
        Fill(seed, 0, bytes);
        return bytes;
    }

    /// <summary>Writes the content that starts <paramref name="offset"/> bytes into the sequence of <paramref name="seed"/>.</summary>
    public static void Fill(int seed, long offset, Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        while (!destination.IsEmpty)
        {
            var skip = (int)(offset & 7);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Mix(seed, offset >> 3));
            var piece = word[skip..];
            var length = Math.Min(piece.Length, destination.Length);
            piece[..length].CopyTo(destination);
            destination = destination[length..];
            offset += length;
        }
    }

    public static string Sha256(int seed, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        for (var offset = 0L; offset < length;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset));
            Fill(seed, offset, piece);
            hash.AppendData(piece);
            offset += piece.Length;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    // SplitMix64: any position can be made without the ones before it.
    private static ulong Mix(int seed, long index)
    {
        var z = unchecked(((ulong)(uint)seed << 32) + ((ulong)index + 1) * 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
