namespace ClusterProxy.Server.Policy;

/// <summary>Who may dial what. What no rule allows is denied; the agent's own target policy comes after it.</summary>
internal sealed record FrontendPolicy(IReadOnlyList<FrontendRule> Rules)
{
    /// <param name="subject">Who dials.</param>
    /// <param name="address">As it is dialled.</param>
    public bool Allows(FrontendSubject subject, string address) =>
        DialTarget.TryParse(address, out var target) && Rules.Any(r => r.Allows(subject, target));
}
