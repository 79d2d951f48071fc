namespace ClusterProxy.Protocol.Tunnels;

/// <summary>What a flow is up to after its turn at the writer.</summary>
internal enum FlowTurn
{
    /// <summary>It is finished, or waits for its source or for credit, and comes back by itself.</summary>
    Leaves,

    /// <summary>It has more right now and wants another turn.</summary>
    HasMore,

    /// <summary>It waits for the writer to send its packet from where that lies, which ends the turn of all.</summary>
    Lends,
}
