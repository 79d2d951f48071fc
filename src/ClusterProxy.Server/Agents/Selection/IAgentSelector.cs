namespace ClusterProxy.Server.Agents.Selection;

/// <summary>One strategy: under which keys an agent is known, and which agent a dial gets.</summary>
internal interface IAgentSelector
{
    ProxyStrategy Strategy { get; }

    /// <summary>Empty when the strategy has no use for the agent.</summary>
    IEnumerable<string> KeysOf(AgentIdentity agent);

    /// <param name="table">The agents by this selector's keys.</param>
    /// <param name="host">The dialled host, without port.</param>
    /// <param name="eligible">Which tunnels the dial may have.</param>
    AgentTunnel? Pick(StrategyTable table, string host, in Eligibility eligible);
}
