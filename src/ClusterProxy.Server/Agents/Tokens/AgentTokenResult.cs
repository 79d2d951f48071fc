using ClusterProxy.Server.Agents.Identity;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>Whether an agent's token lets it in.</summary>
/// <param name="Token">Null when it does not.</param>
/// <param name="Refusal">Null when it does.</param>
/// <param name="Detail">For the agent and the log: what was wrong.</param>
internal sealed record AgentTokenResult(AgentToken? Token, AgentRefusalReason? Refusal = null, string Detail = "")
{
    public static AgentTokenResult Refused(AgentRefusalReason reason, string detail) => new(null, reason, detail);
}
