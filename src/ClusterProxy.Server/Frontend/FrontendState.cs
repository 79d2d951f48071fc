namespace ClusterProxy.Server.Frontend;

/// <summary>Where a gRPC frontend's stream stands.</summary>
internal enum FrontendState
{
    /// <summary>No dial yet, or the last one failed.</summary>
    Idle,

    /// <summary>A dial waits for its answer.</summary>
    Dialing,

    /// <summary>There is a connection.</summary>
    Open,

    /// <summary>The frontend asked for its end; what else it sends is ignored.</summary>
    Closing,

    /// <summary>The rules were broken: whatever comes is read and dropped until the frontend ends the stream.</summary>
    Discarding,
}
