namespace ClusterProxy.Agent;

/// <summary>How the number of servers to connect to is found.</summary>
internal enum ServerCountSource
{
    /// <summary>By leases where they are counted, else by what servers say.</summary>
    Default,

    /// <summary>The larger of both.</summary>
    Max,
}
