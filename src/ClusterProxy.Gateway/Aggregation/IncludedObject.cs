namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What the rows of a Table carry beside their cells: the query's includeObject.</summary>
internal enum IncludedObject
{
    /// <summary>The default.</summary>
    Metadata,
    None,
    Object,
}
