namespace ClusterProxy.Gateway.Clusters;

/// <summary>A place where clusters are described. It tells the catalogue what it sees, one thing at a time.</summary>
internal interface IClusterSource : IAsyncDisposable
{
    /// <summary>Null when all that was there at the start has been told, else what has not, and why.</summary>
    string? Missing { get; }

    /// <summary>Begins to tell; call once.</summary>
    void Start(ClusterCatalog catalog);
}
