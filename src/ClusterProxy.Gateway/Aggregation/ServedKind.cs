using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>One of the kinds that the API serves, all of them views of the clusters.</summary>
internal abstract class ServedKind
{
    public abstract string Kind { get; }

    /// <summary>The resource's name in paths.</summary>
    public abstract string Plural { get; }

    public abstract string Singular { get; }

    public abstract IReadOnlyList<string> ShortNames { get; }

    /// <summary>The first one is Name.</summary>
    public abstract IReadOnlyList<ServedColumn> Columns { get; }

    /// <summary>By name: what is served below an object, with the kind and the verbs that discovery names.</summary>
    public abstract IReadOnlyList<ServedSubresource> Subresources { get; }

    /// <summary>Whether the cluster is one of this kind.</summary>
    public virtual bool Shows(Cluster cluster) => true;

    public abstract ServedObject Project(Cluster cluster);

    /// <summary>Objects that are no clusters of the catalogue; they never change.</summary>
    public virtual IReadOnlyList<ServedObject> Fixed(ulong version) => [];

    /// <summary>The order of lists.</summary>
    public abstract int Compare(ListPosition one, ListPosition other);
}
