namespace ClusterProxy.Gateway.Clusters;

/// <summary>A place where clusters are described. It tells the catalogue what it sees, one thing at a time.</summary>
internal interface IClusterSource : IAsyncDisposable
{
    /// <summary>All that was there at the start has been told.</summary>
    bool IsSynced { get; }

    /// <summary>Begins to tell; call once.</summary>
    void Start(ClusterCatalog catalog);
}
