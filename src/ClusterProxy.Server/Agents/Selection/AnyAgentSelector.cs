namespace ClusterProxy.Server.Agents.Selection;

/// <summary>Any agent for any destination.</summary>
internal sealed class AnyAgentSelector : IAgentSelector
{
    public ProxyStrategy Strategy => ProxyStrategy.Default;

    public IEnumerable<string> KeysOf(AgentIdentity agent) => [agent.Key];

    public AgentTunnel? Pick(StrategyTable table, string host, in Eligibility eligible) => table.PickAny(eligible);
}
