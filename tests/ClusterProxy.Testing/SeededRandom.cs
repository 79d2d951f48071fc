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

    /// <summary>One for all of this process that nobody draws a seed for: what befalls relays beside the tests' own faults.</summary>
    public static int SeedOfThisRun { get; } = DrawSeed();

    /// <param name="print">Where the seed goes: <c>ITestOutputHelper.WriteLine</c>.</param>
    public static SeededRandom Create(Action<string> print)
    {
        var seed = DrawSeed();
        print($"seed {seed} (repeat with {SeedVariable}={seed})");
        return new SeededRandom(seed);
    }

    /// <summary>Says <see cref="SeedOfThisRun"/> in the output of a test.</summary>
    public static void PrintSeedOfThisRun(Action<string> print) =>
        print($"the ways were disturbed by seed {SeedOfThisRun} (repeat with {SeedVariable}={SeedOfThisRun})");

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

    private static int DrawSeed() => Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : Shared.Next();
}
