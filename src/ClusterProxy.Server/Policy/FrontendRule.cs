using System.Net;

namespace ClusterProxy.Server.Policy;

/// <summary>Lets some subjects dial some targets. <c>*</c> stands for all of a kind.</summary>
internal sealed record FrontendRule
{
    public const string Any = "*";

    /// <summary>As <see cref="FrontendSubject"/> names them.</summary>
    public required IReadOnlyList<string> Subjects { get; init; }

    /// <summary>Names of clusters: their hosts as agents may announce them.</summary>
    public IReadOnlyList<string> Clusters { get; init; } = [];

    /// <summary>Host names, or <c>*.</c> and a suffix.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>For hosts that are addresses. Names are not resolved here: the agent's network is another one.</summary>
    public IReadOnlyList<IPNetwork> Cidrs { get; init; } = [];

    /// <summary>First and last; none means all.</summary>
    public IReadOnlyList<(int First, int Last)> Ports { get; init; } = [];

    public bool IsFor(FrontendSubject subject, DialTarget target) =>
        Subjects.Any(s => s == Any || subject.Names.Contains(s))
        && (Ports.Count == 0 || Ports.Any(p => p.First <= target.Port && target.Port <= p.Last));

    /// <summary>Whether the target may be dialled through whichever agent routing picks: a host or network is of no cluster.</summary>
    public bool AllowsAnywhere(DialTarget target) =>
        (target.Address is null && Clusters.Contains(Any)) || Hosts.Any(h => Matches(h, target.Host)) || Cidrs.Any(c => Contains(c, target));

    /// <summary>The clusters of the rule that have the target for a host: it may be dialled through their agents.</summary>
    public IEnumerable<string> ClustersOf(DialTarget target) =>
        target.Address is null ? Clusters.Where(c => ClusterHosts.Contains(c, target.Host)) : [];

    private static bool Matches(string pattern, string host) =>
        pattern == Any
        || string.Equals(pattern, host, StringComparison.OrdinalIgnoreCase)
        || (pattern.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
            && host.Length >= pattern.Length);

    private static bool Contains(IPNetwork network, DialTarget target) => target.Address is { } address && network.Contains(address);
}
