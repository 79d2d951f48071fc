namespace ClusterProxy.Server.Agents.Selection;

/// <summary>Any destination, among the agents that announced themselves as default route.</summary>
internal sealed class DefaultRouteSelector : IAgentSelector
{
    public ProxyStrategy Strategy => ProxyStrategy.DefaultRoute;

    public IEnumerable<string> KeysOf(AgentIdentity agent) => agent.Identifiers.DefaultRoute ? [agent.Key] : [];

    public AgentTunnel? Pick(StrategyTable table, string host, in Eligibility eligible) => table.PickAny(eligible);
}
