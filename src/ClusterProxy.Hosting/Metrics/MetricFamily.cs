using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>
/// All series of one name. A label set is found without a lock by its tags as recorded; the first time it is made under a lock by
/// its text. Label sets are bounded: a label that grows without end would otherwise eat the process.
/// </summary>
internal sealed class MetricFamily(Instrument instrument, MetricKind kind, Action dropped)
{
    private const int MaxSeries = 2000;
    private const int MaxTagKeys = 4 * MaxSeries;

    private readonly Lock _lock = new();
    private readonly double[] _bounds = MetricKind.BoundsOf(instrument);
    private readonly ConcurrentDictionary<TagKey, MetricSeries> _byTags = new();
    private readonly SortedDictionary<string, MetricSeries> _byText = new(StringComparer.Ordinal);
    private long _scrape;

    public string Name { get; } = instrument.Name;

    public MetricType Type => kind.Type;

    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Record(value);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Record(value);

    public void BeginScrape() => _scrape++;

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            var shown = _byText.Values.Where(s => !kind.IsObserved || s.Observed == _scrape).ToArray();
            if (shown.Length == 0)
            {
                return;
            }

            LabelText.AppendEscaped(text.Append("# HELP ").Append(Name).Append(' '), instrument.Description ?? Name, quotes: false);
            text.Append("\n# TYPE ").Append(Name).Append(' ').Append(TypeWord()).Append('\n');
            foreach (var series in shown)
            {
                series.Write(text, Name);
            }
        }
    }

    private MetricSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = new TagKey(tags);
        if (!_byTags.TryGetValue(key, out var series))
        {
            series = Make(tags);
            if (series is null)
            {
                dropped();
                return null;
            }

            if (_byTags.Count < MaxTagKeys)
            {
                _byTags.TryAdd(key, series);
            }
        }

        if (kind.IsObserved)
        {
            series.Observed = _scrape;
        }

        return series;
    }

    private MetricSeries? Make(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelText.Format(Name, tags, kind.Type == MetricType.Histogram);
        lock (_lock)
        {
            if (_byText.TryGetValue(labels, out var series))
            {
                return series;
            }

            if (_byText.Count >= MaxSeries)
            {
                return null;
            }

            series = kind.Type == MetricType.Histogram ? new HistogramSeries(labels, _bounds) : new ValueSeries(labels, kind.IsAbsolute);
            _byText.Add(labels, series);
            return series;
        }
    }

    private string TypeWord() => kind.Type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => throw new InvalidOperationException($"{kind.Type} has no word"),
    };
}
