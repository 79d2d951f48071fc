using System.Collections.Immutable;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>All clusters at one moment.</summary>
/// <param name="Version">Grows with every change; toward callers the list's resourceVersion.</param>
/// <param name="ByName">In ordinal order of the names.</param>
internal sealed record ClusterSnapshot(ulong Version, ImmutableSortedDictionary<string, Cluster> ByName)
{
    public static ClusterSnapshot Empty(ulong version) =>
        new(version, ImmutableSortedDictionary.Create<string, Cluster>(StringComparer.Ordinal));

    public int Count => ByName.Count;

    /// <summary>In ordinal order of the names.</summary>
    public IEnumerable<Cluster> All => ByName.Values;

    public Cluster? Find(string name) => ByName.GetValueOrDefault(name);
}
