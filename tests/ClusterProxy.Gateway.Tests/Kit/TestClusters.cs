using System.Net;
using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A source whose clusters a test describes.</summary>
internal sealed class TestClusters : IClusterSource
{
    private ClusterCatalog _catalog = null!;

    /// <summary>Where tests' clusters are, and real ones of a hub are not.</summary>
    public static IReadOnlyList<IPNetwork> Networks { get; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    public string? Missing => null;

    public void Start(ClusterCatalog catalog) => _catalog = catalog;

    /// <returns>As the catalogue has it.</returns>
    public Cluster Put(Cluster cluster)
    {
        _catalog.Describe(this, cluster.Name, cluster.Name, () => cluster);
        return _catalog.Find(cluster.Name)!;
    }

    public void Remove(string name) => _catalog.Describe(this, name, name, null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
