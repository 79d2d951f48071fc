using System.Text;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>The state of one metric under one label set; recording takes no lock.</summary>
internal abstract class MetricSeries(string labels)
{
    /// <summary>Without braces; empty when there are none.</summary>
    protected string Labels { get; } = labels;

    /// <summary>The last scrape at which an observable instrument reported this label set.</summary>
    public long Observed { get; set; }

    public abstract void Record(long value);

    public abstract void Record(double value);

    public abstract void Write(StringBuilder text, string name);

    protected static void AddTo(ref double target, double value)
    {
        var seen = Volatile.Read(ref target);
        while (true)
        {
            var previous = Interlocked.CompareExchange(ref target, seen + value, seen);
            if (BitConverter.DoubleToInt64Bits(previous) == BitConverter.DoubleToInt64Bits(seen))
            {
                return;
            }

            seen = previous;
        }
    }
}
