using System.Diagnostics.Metrics;

namespace ClusterProxy.Hosting.Audit;

/// <summary>What became of the audit's lines.</summary>
public sealed class AuditMetrics
{
    private const string Result = "result";
    private readonly Counter<long> _lines;

    public AuditMetrics(Meter meter, string prefix)
    {
        _lines = meter.CreateCounter<long>(
            prefix + "audit_lines_total",
            description: "Audit lines that were written, lost because their output did not take them, or left out because strangers caused too many.");
        foreach (var result in (string[])["written", "dropped", "suppressed"])
        {
            _lines.Add(0, new KeyValuePair<string, object?>(Result, result));
        }
    }

    public void Written(long count) => _lines.Add(count, new KeyValuePair<string, object?>(Result, "written"));

    public void Dropped(long count) => _lines.Add(count, new KeyValuePair<string, object?>(Result, "dropped"));

    public void Suppressed() => _lines.Add(1, new KeyValuePair<string, object?>(Result, "suppressed"));
}
