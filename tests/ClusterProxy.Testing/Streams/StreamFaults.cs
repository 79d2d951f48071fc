namespace ClusterProxy.Testing.Streams;

/// <summary>What a <see cref="FaultyStream"/> does to one direction; offsets count bytes from the start of that direction.</summary>
public sealed record StreamFaults
{
    /// <summary>No call moves more than this.</summary>
    public int MaxPiece { get; init; } = int.MaxValue;

    /// <summary>No call crosses one of these offsets.</summary>
    public IReadOnlyList<int> SplitAt { get; init; } = [];

    /// <summary>Fails with an <see cref="IOException"/> once this many bytes have passed.</summary>
    public long? CutAt { get; init; }

    /// <summary>Reads see the end of the stream here; only for reads.</summary>
    public long? EndAt { get; init; }

    /// <summary>Waits at <see cref="Stall"/> once this many bytes have passed.</summary>
    public long? StallAt { get; init; }

    public SyncPoint Stall { get; } = new();

    /// <summary>Random pieces and splits; the seed of <paramref name="random"/> repeats them.</summary>
    public static StreamFaults Split(SeededRandom random, int length) => new()
    {
        MaxPiece = random.Next(1, 4096),
        SplitAt = random.NextOffsets(length, random.Next(0, 16)),
    };

    /// <summary>How many of <paramref name="wanted"/> bytes may pass in one call at <paramref name="offset"/>.</summary>
    internal int Allow(long offset, int wanted)
    {
        var end = offset + Math.Min(wanted, MaxPiece);
        foreach (var boundary in SplitAt.Select(s => (long)s).Append(CutAt ?? long.MaxValue).Append(EndAt ?? long.MaxValue).Append(StallAt ?? long.MaxValue))
        {
            if (boundary > offset && boundary < end)
            {
                end = boundary;
            }
        }

        return (int)(end - offset);
    }
}
