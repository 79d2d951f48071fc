namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>The service account token that let an agent in, and what the API server says about it. Its text does not show it.</summary>
/// <param name="text">As it came.</param>
/// <param name="account">namespace/name of the service account.</param>
internal sealed class AgentToken(string text, string account)
{
    public string Text { get; } = text;

    public string Account { get; } = account;

    /// <summary>The pod that a bound token belongs to; empty for one that is bound to none.</summary>
    public string PodName { get; init; } = "";

    /// <summary>The node of that pod, from API servers that say it.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>When the token ends by its own word; null when it does not say so.</summary>
    public DateTimeOffset? End { get; init; }

    public override string ToString() => PodName.Length > 0 ? $"{Account}, pod {PodName}" : Account;
}
