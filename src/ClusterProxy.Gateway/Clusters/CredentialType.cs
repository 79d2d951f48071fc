namespace ClusterProxy.Gateway.Clusters;

/// <summary>How the gateway proves itself to a cluster; the names are the values of the credential-type label.</summary>
internal enum CredentialType
{
    /// <summary>Nothing is known: a ManagedCluster without a Secret.</summary>
    None,

    ServiceAccountToken,

    X509Certificate,

    /// <summary>An exec plugin.</summary>
    Dynamic,
}
