namespace ClusterProxy.Kubernetes.Watching;

/// <summary>What happened to a watched object.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing happened up to the resource version that the otherwise empty object carries.</summary>
    Bookmark,
}
