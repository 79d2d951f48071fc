namespace ClusterProxy.Gateway.Aggregation;

/// <summary>The API that is served, and the paths that follow from its name.</summary>
/// <param name="Name">Such as cluster.core.oam.dev.</param>
/// <param name="Version">Such as v1alpha1.</param>
internal sealed record ApiGroup(string Name, string Version)
{
    public const string DefaultName = "cluster.core.oam.dev";
    public const string DefaultVersion = "v1alpha1";

    /// <summary>apiVersion of every object.</summary>
    public string GroupVersion { get; } = $"{Name}/{Version}";

    /// <summary>Without a slash behind.</summary>
    public string Root { get; } = $"/apis/{Name}/{Version}";
}
