namespace ClusterProxy.LoadTests.Scenarios;

internal enum BulkDirection
{
    /// <summary>From the target to the frontend.</summary>
    Download,

    /// <summary>From the frontend to the target.</summary>
    Upload,
}
