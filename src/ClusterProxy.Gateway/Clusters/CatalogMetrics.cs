using System.Diagnostics.Metrics;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>What is counted about the catalogue; nothing is labelled by cluster.</summary>
internal sealed class CatalogMetrics
{
    private readonly Meter _meter;
    private readonly string _prefix;
    private readonly Counter<long> _refused;

    public CatalogMetrics(Meter meter, string prefix)
    {
        (_meter, _prefix) = (meter, prefix);
        _refused = meter.CreateCounter<long>(
            prefix + "cluster_descriptions_refused_total", description: "Times a Secret, ManagedCluster or file could not be used.");
        _refused.Add(0);
    }

    public void Observe(ClusterCatalog catalog)
    {
        _meter.CreateObservableGauge(
            _prefix + "clusters", () => Count(catalog), description: "Clusters that are known, by where they are described.");
        _meter.CreateObservableGauge(
            _prefix + "cluster_problems", () => catalog.Problems.Count, description: "Secrets, ManagedClusters and files that cannot be used now.");
        _meter.CreateObservableGauge(
            _prefix + "insecure_clusters", () => catalog.Snapshot.All.Count(static c => c.Endpoint.Insecure),
            description: "Clusters whose certificate is not checked, because their descriptions say so.");
    }

    public void DescriptionRefused() => _refused.Add(1);

    private static IEnumerable<Measurement<int>> Count(ClusterCatalog catalog)
    {
        var clusters = catalog.Snapshot;
        foreach (var (origin, tag) in ((ClusterOrigin, string)[])
            [(ClusterOrigin.Secret, "secret"), (ClusterOrigin.ManagedCluster, "managedcluster"), (ClusterOrigin.File, "file")])
        {
            yield return new(clusters.All.Count(c => c.Origin == origin), new KeyValuePair<string, object?>("source", tag));
        }
    }
}
