namespace ClusterProxy.Server.Policy;

/// <summary>Who may dial what. What no rule allows is denied; the agent's own target policy comes after it.</summary>
internal sealed record FrontendPolicy(IReadOnlyList<FrontendRule> Rules)
{
    /// <param name="subject">Who dials.</param>
    /// <param name="address">As it is dialled.</param>
    public DialPermit Check(FrontendSubject subject, string address)
    {
        if (!DialTarget.TryParse(address, out var target))
        {
            return DialPermit.Denied;
        }

        HashSet<string>? clusters = null;
        foreach (var rule in Rules.Where(r => r.IsFor(subject, target)))
        {
            if (rule.AllowsAnywhere(target))
            {
                return DialPermit.Anywhere;
            }

            foreach (var cluster in rule.ClustersOf(target))
            {
                (clusters ??= new(StringComparer.Ordinal)).Add(cluster);
            }
        }

        return clusters is null ? DialPermit.Denied : new(IsAllowed: true, clusters);
    }
}
