namespace ClusterProxy.Server;

/// <summary>A way to find the agent for a dial.</summary>
internal enum ProxyStrategy
{
    /// <summary>Any agent.</summary>
    Default,

    /// <summary>An agent that announced the dialled host or address.</summary>
    DestHost,

    /// <summary>An agent that announced itself as the default route.</summary>
    DefaultRoute,
}
