using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Certs;

/// <summary>What <c>certs dev</c> makes; the defaults suit one machine.</summary>
internal sealed record DevPkiOptions
{
    public const int MaxDays = 3650;

    public string Out { get; init; } = "certs-dev/out";

    public IReadOnlyList<string> Clusters { get; init; } = ["alpha", "beta"];

    /// <summary>Besides localhost and the loopback addresses.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>A month: long enough to work with, too short to end up in production unnoticed.</summary>
    public int Days { get; init; } = 30;

    /// <summary>One authority for both planes, as upstream's examples have it; only the URIs in the certificates tell the planes apart then.</summary>
    public bool SingleCa { get; init; }

    /// <returns>What is wrong with the values, or null.</returns>
    public string? Validate()
    {
        if (Days is < 1 or > MaxDays)
        {
            return $"--days={Days}: give 1 to {MaxDays} days";
        }

        if (Clusters.FirstOrDefault(static c => !DnsLabel.IsValid(c)) is { } cluster)
        {
            return $"--cluster={cluster}: give names of lower-case letters, digits and inner hyphens, at most 63 long";
        }

        if (Clusters.Distinct(StringComparer.Ordinal).Count() != Clusters.Count)
        {
            return $"--cluster={string.Join(',', Clusters)}: a name is there twice; name each cluster once";
        }

        return Hosts.FirstOrDefault(static h => !IsHost(h)) is { } host
            ? $"--host={host}: give DNS names (a leading *. is allowed) or IP addresses"
            : null;
    }

    private static bool IsHost(string host) =>
        Uri.CheckHostName(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host) != UriHostNameType.Unknown;
}
