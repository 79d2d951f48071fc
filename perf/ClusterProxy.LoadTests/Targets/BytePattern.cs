namespace ClusterProxy.LoadTests.Targets;

/// <summary>
/// What a source sends, over and over. Its length is a prime, so that no buffer size hides bytes that were lost or doubled.
/// </summary>
internal static class BytePattern
{
    private const int Length = 262_139;
    private const int Seed = 20_261_120;

    public static ReadOnlyMemory<byte> Bytes { get; } = Create();

    /// <summary>Whether <paramref name="received"/> is what stands at <paramref name="position"/> of the endless pattern.</summary>
    public static bool Matches(long position, ReadOnlySpan<byte> received)
    {
        while (!received.IsEmpty)
        {
            var expected = Bytes.Span[(int)(position % Length)..];
            var length = Math.Min(expected.Length, received.Length);
            if (!received[..length].SequenceEqual(expected[..length]))
            {
                return false;
            }

            received = received[length..];
            position += length;
        }

        return true;
    }

    private static byte[] Create()
    {
        var bytes = new byte[Length];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }
}
