using System.Diagnostics;
using System.Numerics;

namespace ClusterProxy.LoadTests.Measuring;

/// <summary>Latencies in buckets of at most 1.6 % width, from 1 ns up; one writer.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;
    private readonly long[] _counts = new long[(64 - SubBucketBits) * SubBuckets];

    public long Count { get; private set; }

    public void Record(long startTimestamp) => Record(Stopwatch.GetElapsedTime(startTimestamp));

    public void Record(TimeSpan latency)
    {
        _counts[IndexOf((ulong)Math.Max(1, latency.Ticks * 100))]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The latency that <paramref name="fraction"/> of all recorded ones do not exceed; null when there are none.</summary>
    public TimeSpan? Percentile(double fraction)
    {
        if (Count == 0)
        {
            return null;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(Count * fraction));
        for (var i = 0; i < _counts.Length; i++)
        {
            rank -= _counts[i];
            if (rank <= 0)
            {
                return TimeSpan.FromTicks((long)(UpperBound(i) / 100));
            }
        }

        return null;
    }

    private static int IndexOf(ulong nanoseconds)
    {
        var exponent = Math.Max(0, BitOperations.Log2(nanoseconds) - SubBucketBits);
        return (exponent * SubBuckets) + (int)(nanoseconds >> exponent);
    }

    private static ulong UpperBound(int index)
    {
        // Values below twice SubBuckets keep their own bucket; above, the index carries the exponent beside the mantissa.
        var exponent = Math.Max(0, (index / SubBuckets) - 1);
        var mantissa = (ulong)(index - (exponent * SubBuckets));
        return ((mantissa + 1) << exponent) - 1;
    }
}
