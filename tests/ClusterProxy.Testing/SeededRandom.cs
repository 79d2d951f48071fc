using System.Globalization;

namespace ClusterProxy.Testing;

/// <summary>
/// The randomness of property and interleaving tests. The seed is printed, and CLUSTERPROXY_TEST_SEED repeats a run.
/// </summary>
public sealed class SeededRandom : Random
{
    public const string SeedVariable = "CLUSTERPROXY_TEST_SEED";

    public SeededRandom(int seed)
        : base(seed) => Seed = seed;

    public int Seed { get; }

    /// <param name="print">Where the seed goes: <c>ITestOutputHelper.WriteLine</c>.</param>
    public static SeededRandom Create(Action<string> print)
    {
        var fixedSeed = Environment.GetEnvironmentVariable(SeedVariable);
        var seed = fixedSeed is { Length: > 0 } ? int.Parse(fixedSeed, CultureInfo.InvariantCulture) : Shared.Next();
        print($"seed {seed} (repeat with {SeedVariable}={seed})");
        return new SeededRandom(seed);
    }

    public byte[] NextBytes(int length)
    {
        var bytes = new byte[length];
        NextBytes(bytes.AsSpan());
        return bytes;
    }

    /// <summary>Ascending offsets inside a message of <paramref name="length"/> bytes, to split it at.</summary>
    public int[] NextOffsets(int length, int count)
    {
        var offsets = new int[count];
        for (var i = 0; i < count; i++)
        {
            offsets[i] = Next(0, length + 1);
        }

        Array.Sort(offsets);
        return offsets;
    }
}
