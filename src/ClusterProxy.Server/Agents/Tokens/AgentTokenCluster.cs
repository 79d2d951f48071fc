namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>The values of <c>--agent-token-cluster</c>: what says of which cluster an agent is that shows a token.</summary>
internal enum AgentTokenCluster
{
    /// <summary>Nothing: all agents have one account, as upstream's do.</summary>
    None,

    /// <summary>
    /// The namespace of its account. So it is on a hub of Open Cluster Management, where each managed cluster has a namespace of its name,
    /// and its add-ons have their accounts there.
    /// </summary>
    Namespace,
}
