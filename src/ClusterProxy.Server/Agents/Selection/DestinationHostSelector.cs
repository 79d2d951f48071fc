namespace ClusterProxy.Server.Agents.Selection;

/// <summary>The agent that announced the dialled host. Compared as text: no case folding, no address forms, no DNS.</summary>
internal sealed class DestinationHostSelector : IAgentSelector
{
    public ProxyStrategy Strategy => ProxyStrategy.DestHost;

    public IEnumerable<string> KeysOf(AgentIdentity agent) => agent.Identifiers.Destinations;

    public AgentTunnel? Pick(StrategyTable table, string host, in Eligibility eligible) => table.PickFor(host, eligible);
}
