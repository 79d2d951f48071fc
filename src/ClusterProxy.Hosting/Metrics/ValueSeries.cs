using System.Text;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>A counter or gauge. Whole numbers and fractions are kept apart, so that adding whole ones is one instruction and exact.</summary>
internal sealed class ValueSeries(string labels, bool isAbsolute) : MetricSeries(labels)
{
    private long _whole;
    private double _fraction;

    public override void Record(long value)
    {
        if (isAbsolute)
        {
            Interlocked.Exchange(ref _whole, value);
        }
        else
        {
            Interlocked.Add(ref _whole, value);
        }
    }

    public override void Record(double value)
    {
        if (isAbsolute)
        {
            Interlocked.Exchange(ref _fraction, value);
        }
        else
        {
            AddTo(ref _fraction, value);
        }
    }

    public override void Write(StringBuilder text, string name)
    {
        text.Append(name);
        if (Labels.Length > 0)
        {
            text.Append('{').Append(Labels).Append('}');
        }

        text.Append(' ').Append(GoFloat.Format(Interlocked.Read(ref _whole) + Volatile.Read(ref _fraction))).Append('\n');
    }
}
