namespace ClusterProxy.Gateway.Clusters;

/// <summary>A description that could not be used. What was known of the cluster before is gone with it.</summary>
/// <param name="Source">The Secret's or ManagedCluster's name, or the file's path.</param>
/// <param name="Reason">One sentence: what is wrong and what to change.</param>
internal sealed record ClusterProblem(string Source, string Reason);
