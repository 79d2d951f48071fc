using System.Diagnostics.Metrics;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Server.Fleet;

/// <summary>What the server counts of the set of servers that it announces.</summary>
internal sealed class FleetMetrics(Meter meter, string prefix)
{
    private readonly Counter<long> _reloads = meter.CreateCounter<long>(
        prefix + "servers_file_reloads_total", description: "Changes of the servers' file that were taken up or refused, and reads of it that hang, by result.");

    /// <summary>Adds the gauge.</summary>
    /// <param name="count">Servers announced now.</param>
    public void Observe(Func<int> count) =>
        meter.CreateObservableGauge(prefix + "announced_servers", count, description: "Servers that agents are told of.");

    /// <summary>There is a file.</summary>
    public void ReadFile()
    {
        foreach (var outcome in ReloadOutcomeNames.Told)
        {
            Reloaded(outcome, count: 0);
        }
    }

    public void Reloaded(ReloadOutcome outcome, int count = 1) =>
        _reloads.Add(count, new KeyValuePair<string, object?>("result", outcome.ToTag()));
}
