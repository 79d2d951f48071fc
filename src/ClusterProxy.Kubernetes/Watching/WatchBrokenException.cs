namespace ClusterProxy.Kubernetes.Watching;

/// <summary>A watch that failed, and from where the next one goes on.</summary>
internal sealed class WatchBrokenException(string? lastVersion, Exception inner) : Exception(inner.Message, inner)
{
    /// <summary>Null to list again.</summary>
    public string? LastVersion { get; } = lastVersion;
}
