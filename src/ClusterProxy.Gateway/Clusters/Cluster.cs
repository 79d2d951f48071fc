using System.Collections.Immutable;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>A managed cluster as its source describes it. Never changes: a new description is a new one.</summary>
internal sealed record Cluster
{
    public required string Name { get; init; }

    /// <summary>For people; empty when there is none.</summary>
    public string Alias { get; init; } = "";

    public required ClusterEndpoint Endpoint { get; init; }

    public required ClusterCredential Credential { get; init; }

    /// <summary>Of the source, all of them.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Of the source, opaque; not the gateway's own, which is <see cref="Version"/>.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary>The snapshot in which this description first appeared: the object's resourceVersion toward callers.</summary>
    public ulong Version { get; init; }

    public string Uid { get; init; } = "";

    /// <summary>Null when nobody said.</summary>
    public ClusterHealth? Health { get; init; }

    /// <summary>Whether the hub accepts it; always for Secrets and files.</summary>
    public bool Accepted { get; init; } = true;

    public required ClusterOrigin Origin { get; init; }

    /// <summary>Whether it is a clustergateway, and not only a virtualcluster: without a credential nothing can be forwarded.</summary>
    public bool IsGateway => Origin != ClusterOrigin.ManagedCluster;

    public override string ToString() => Name;
}
