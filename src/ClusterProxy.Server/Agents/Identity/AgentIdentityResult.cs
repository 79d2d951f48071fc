namespace ClusterProxy.Server.Agents.Identity;

/// <summary>Whether an agent may announce what it announces.</summary>
/// <param name="Cluster">The one in its certificate; empty when agents are believed what they claim.</param>
/// <param name="Refusal">Null when it may.</param>
/// <param name="Detail">For the agent and the log: what was wrong and what to do.</param>
internal sealed record AgentIdentityResult(string Cluster, AgentRefusalReason? Refusal = null, string Detail = "")
{
    public bool IsAccepted => Refusal is null;
}
