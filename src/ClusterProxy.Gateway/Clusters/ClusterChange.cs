namespace ClusterProxy.Gateway.Clusters;

/// <summary>One step of the catalogue, from the snapshot before <paramref name="Version"/> to the one of it.</summary>
/// <param name="Before">Null for a cluster that is new.</param>
/// <param name="After">Null for one that is gone.</param>
/// <param name="Version">Of the snapshot that has it.</param>
internal sealed record ClusterChange(Cluster? Before, Cluster? After, ulong Version)
{
    /// <summary>After, or the last state of what is gone.</summary>
    public Cluster Latest => After ?? Before!;
}
