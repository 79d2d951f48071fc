namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>What can happen to running watches from outside.</summary>
internal enum WatchAction
{
    None,

    /// <summary>Those that asked for bookmarks get one.</summary>
    Bookmark,

    /// <summary>The server ends them, as it does after its time.</summary>
    End,

    /// <summary>The connection breaks.</summary>
    Break,

    /// <summary>They are told that their version is too old.</summary>
    Expire,
}
