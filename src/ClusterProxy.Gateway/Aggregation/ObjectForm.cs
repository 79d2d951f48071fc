namespace ClusterProxy.Gateway.Aggregation;

/// <summary>The form in which a client wants objects.</summary>
internal enum ObjectForm
{
    /// <summary>As they are.</summary>
    Full,

    /// <summary>meta.k8s.io/v1 Table, which kubectl prints.</summary>
    Table,

    /// <summary>meta.k8s.io/v1 PartialObjectMetadata, and its list: what metadata informers read.</summary>
    Partial,
}
