using System.Diagnostics.Metrics;
using System.Text;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>
/// Collects the instruments of the named meters and renders them in Prometheus' text format 0.0.4. Instruments carry their exported
/// name verbatim: nothing is appended, since upstream's counters end in <c>_count</c> as often as in <c>_total</c>.
/// <para>One per host: only meters made by the given factory are heard, so two hosts in one process do not mix.</para>
/// <para>Histograms take their buckets from the instrument's advice. A closed label set appears before its first event when 0 is
/// added to the counter, or NaN recorded in the histogram, once for each.</para>
/// </summary>
public sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string DroppedName = "clusterproxy_metrics_dropped_total";

    private readonly Lock _scrape = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private long _dropped;

    public PrometheusText(IMeterFactory meters, IEnumerable<string> meterNames)
    {
        HashSet<string> names = new(meterNames, StringComparer.Ordinal);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && names.Contains(instrument.Meter.Name))
            {
                listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            }
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => ((MetricFamily)family!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => ((MetricFamily)family!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => ((MetricFamily)family!).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Asks the observable instruments and renders everything, sorted by name, then labels.</summary>
    public string Render()
    {
        lock (_scrape)
        {
            var families = Families();
            foreach (var family in families)
            {
                family.BeginScrape();
            }

            _listener.RecordObservableInstruments();
            var text = new StringBuilder(16 * 1024);
            foreach (var family in families)
            {
                family.Write(text);
            }

            WriteDropped(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private MetricFamily[] Families()
    {
        lock (_lock)
        {
            return [.. _families.Values];
        }
    }

    private MetricFamily FamilyOf(Instrument instrument)
    {
        if (!LabelText.IsMetricName(instrument.Name))
        {
            throw new InvalidOperationException($"\"{instrument.Name}\" is no Prometheus metric name.");
        }

        var kind = MetricKind.Of(instrument);
        lock (_lock)
        {
            if (!_families.TryGetValue(instrument.Name, out var family))
            {
                family = new MetricFamily(instrument, kind, () => Interlocked.Increment(ref _dropped));
                _families.Add(instrument.Name, family);
            }
            else if (family.Type != kind.Type)
            {
                throw new InvalidOperationException($"Metric {instrument.Name} is both a {family.Type} and a {kind.Type}.");
            }

            return family;
        }
    }

    private void WriteDropped(StringBuilder text) => text
        .Append("# HELP ").Append(DroppedName).Append(" Measurements left out because their metric has too many label sets.\n")
        .Append("# TYPE ").Append(DroppedName).Append(" counter\n")
        .Append(DroppedName).Append(' ').Append(GoFloat.Format(Interlocked.Read(ref _dropped))).Append('\n');
}
