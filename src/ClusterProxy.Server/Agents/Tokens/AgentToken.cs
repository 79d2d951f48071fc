using System.Collections.Frozen;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>The service account token that let an agent in, and what the API server says about it. Its text does not show it.</summary>
/// <param name="text">As it came.</param>
/// <param name="account">namespace/name of the service account.</param>
internal sealed class AgentToken(string text, string account)
{
    public string Text { get; } = text;

    public string Account { get; } = account;

    /// <summary>By the names of <see cref="TokenClaims"/>.</summary>
    public FrozenDictionary<string, string> Claims { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The cluster that the account stands for; empty when accounts stand for none.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>
    /// Whose it is, whichever of his tokens he shows: the pod's that it is bound to, else the account's. Agents that share one account and
    /// have tokens that are bound to no pod are one holder.
    /// </summary>
    public string Holder => Claims.TryGetValue(TokenClaims.PodUid, out var pod) ? $"{Account}/{pod}" : Account;

    /// <summary>When the token ends by its own word; null when it does not say so.</summary>
    public DateTimeOffset? End { get; init; }

    public override string ToString() => Claims.TryGetValue(TokenClaims.Pod, out var pod) ? $"{Account}, pod {pod}" : Account;
}
