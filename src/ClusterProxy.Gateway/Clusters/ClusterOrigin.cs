namespace ClusterProxy.Gateway.Clusters;

/// <summary>Where a cluster is described.</summary>
internal enum ClusterOrigin
{
    /// <summary>A labelled Secret, with or without a ManagedCluster of the same name.</summary>
    Secret,

    /// <summary>A ManagedCluster without a Secret: it can be listed and not be reached.</summary>
    ManagedCluster,

    /// <summary>A YAML file.</summary>
    File,
}
