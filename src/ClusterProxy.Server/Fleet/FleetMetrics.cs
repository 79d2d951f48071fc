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

    /// <summary>Adds the gauge of leases.</summary>
    /// <param name="age">Of this server's own, as the API server tells it; null before it did.</param>
    public void ObserveOwnLease(Func<TimeSpan?> age) => meter.CreateObservableGauge(
        prefix + "own_lease_age_seconds",
        () => age() is { } since ? [new Measurement<double>(since.TotalSeconds)] : Array.Empty<Measurement<double>>(),
        description: "Time since this server's lease was renewed, as the API server tells it; past 30 no server is taken for gone.");

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
