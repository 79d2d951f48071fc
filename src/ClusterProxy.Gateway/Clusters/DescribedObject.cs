using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>One of the objects in a file.</summary>
/// <param name="Source">The file.</param>
/// <param name="Name">The cluster's.</param>
/// <param name="Text">All of it, to see a change by.</param>
/// <param name="Secret">Null when it is a ManagedCluster.</param>
/// <param name="Managed">Null when it is a Secret.</param>
internal sealed record DescribedObject(string Source, string Name, string Text, Secret? Secret, ManagedCluster? Managed)
{
    /// <summary>The text has the secret in it.</summary>
    public override string ToString() => $"{Name} in {Source}";
}
