namespace ClusterProxy.Gateway.Clusters;

/// <summary>The way to a cluster's API server; the names are the values of the endpoint-type label.</summary>
internal enum EndpointKind
{
    /// <summary>Straight to an address.</summary>
    Const,

    /// <summary>Through the tunnel.</summary>
    ClusterProxy,
}
