using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>
/// The tunnel's state machine under interleavings that no network would show in years. A seed that fails is repeated alone by
/// CLUSTERPROXY_TEST_SEED.
/// </summary>
public sealed class TunnelSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 100_000;

    /// <summary>So that how deep a seed goes inside one step does not depend on where it runs.</summary>
    private const int StackSize = 16 * 1024 * 1024;

    [Fact]
    public void Tunnel_InAnyInterleaving_KeepsEveryByteAndLeavesNothing()
    {
        var first = SeededRandom.Create(output.WriteLine).Seed;
        var count = Environment.GetEnvironmentVariable(SeededRandom.SeedVariable) is { Length: > 0 } ? 1 : Seeds;
        var watch = Stopwatch.StartNew();
        var next = -1;
        var steps = 0L;
        string? failure = null;
        var threads = Enumerable.Range(0, Math.Min(count, Environment.ProcessorCount)).Select(_ => new Thread(RunSeeds, StackSize)).ToList();
        threads.ForEach(static t => t.Start());
        threads.ForEach(static t => t.Join());
        output.WriteLine($"{next} seeds, {steps} steps, {watch.Elapsed.TotalSeconds:0.0} s");
        if (failure is not null)
        {
            Assert.Fail(failure);
        }

        void RunSeeds()
        {
            while (Volatile.Read(ref failure) is null && Interlocked.Increment(ref next) is var index && index < count)
            {
                var seed = unchecked(first + index);
                if (Run(seed, ref steps) is { } text)
                {
                    Interlocked.CompareExchange(ref failure, text, null);
                }
            }
        }
    }

    /// <summary>
    /// What the simulation found. A change of the simulation changes what a seed stands for, so each of these has a plain test too:
    /// bytes counted as granted again but not as received; the frontend's abort after its close; its cut taken for the answer to
    /// the close; a target's end before the upload was cut; the same by a lost tunnel.
    /// </summary>
    [Theory]
    [InlineData(1070)]
    [InlineData(2575)]
    [InlineData(1533)]
    [InlineData(23)]
    [InlineData(33)]
    public void Tunnel_InAnInterleavingThatFailedOnce_KeepsEveryByteAndLeavesNothing(int seed)
    {
        string? failure = null;
        OnOwnThread(() =>
        {
            var steps = 0L;
            failure = Run(seed, ref steps);
        });
        Assert.True(failure is null, failure);
    }

    [Fact]
    public void Simulation_OfTheSameSeed_TakesTheSameSteps()
    {
        var first = SeededRandom.Create(output.WriteLine).Seed;
        var differing = new List<int>();
        OnOwnThread(() =>
        {
            for (var seed = first; seed != unchecked(first + 50); seed = unchecked(seed + 1))
            {
                long once = 0, again = 0;
                if (Run(seed, ref once) != Run(seed, ref again) || once != again)
                {
                    differing.Add(seed);
                }
            }
        });
        Assert.Empty(differing);
    }

    /// <summary>A test's own thread may send what follows an await elsewhere.</summary>
    private static void OnOwnThread(Action action)
    {
        var thread = new Thread(() => action(), StackSize);
        thread.Start();
        thread.Join();
    }

    private static string? Run(int seed, ref long steps)
    {
        try
        {
            var world = new SimulatedWorld(seed);
            world.Run();
            Interlocked.Add(ref steps, world.Scheduler.Taken);
            return null;
        }
        catch (Exception e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{SeededRandom.SeedVariable}={seed} fails: {e}");
        }
    }
}
