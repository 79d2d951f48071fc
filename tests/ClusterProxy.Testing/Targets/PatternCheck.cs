namespace ClusterProxy.Testing.Targets;

/// <summary>Compares what arrives with what belongs at its place, and remembers where it first went wrong.</summary>
public sealed class PatternCheck(int seed)
{
    private readonly byte[] _expected = new byte[64 * 1024];

    public long Length { get; private set; }

    /// <summary>The place of the first wrong byte.</summary>
    public long? WrongAt { get; private set; }

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, _expected.Length)];
            var expected = _expected.AsSpan(0, piece.Length);
            SeededBytes.Fill(seed, Length, expected);
            var same = piece.CommonPrefixLength(expected);
            if (same < piece.Length)
            {
                WrongAt ??= Length + same;
            }

            Length += piece.Length;
            bytes = bytes[piece.Length..];
        }
    }
}
