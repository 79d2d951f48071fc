namespace ClusterProxy.Gateway.Clusters;

/// <summary>One source's description of a cluster.</summary>
/// <param name="Source">Who says it.</param>
/// <param name="Where">The Secret or file, for people.</param>
/// <param name="Project">Reads it; throws what <see cref="ClusterProjection"/> does.</param>
internal sealed record ClusterClaim(IClusterSource Source, string Where, Func<Cluster> Project);
