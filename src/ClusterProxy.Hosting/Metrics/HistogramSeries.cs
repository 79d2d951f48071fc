using System.Globalization;
using System.Text;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>Recording NaN counts nothing: it publishes an empty histogram, as recording 0 does for a counter.</summary>
internal sealed class HistogramSeries(string labels, double[] bounds) : MetricSeries(labels)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public override void Record(long value) => Record((double)value);

    public override void Record(double value)
    {
        if (double.IsNaN(value))
        {
            return;
        }

        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        AddTo(ref _sum, value);
    }

    public override void Write(StringBuilder text, string name)
    {
        // The count is derived from the buckets, so that the two agree even while others record.
        var cumulative = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            cumulative += Interlocked.Read(ref _counts[i]);
            var bound = i < bounds.Length ? GoFloat.Format(bounds[i]) : "+Inf";
            text.Append(name).Append("_bucket{").Append(Labels).Append(Labels.Length > 0 ? "," : "").Append("le=\"").Append(bound).Append("\"} ");
            AppendLine(text, cumulative.ToString(CultureInfo.InvariantCulture));
        }

        var braces = Labels.Length > 0 ? $"{{{Labels}}}" : "";
        AppendLine(text.Append(name).Append("_sum").Append(braces).Append(' '), GoFloat.Format(Volatile.Read(ref _sum)));
        AppendLine(text.Append(name).Append("_count").Append(braces).Append(' '), cumulative.ToString(CultureInfo.InvariantCulture));
    }

    private static void AppendLine(StringBuilder text, string value) => text.Append(value).Append('\n');
}
