using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Certs;

/// <summary>What <c>certs dev</c> makes; the defaults suit one machine.</summary>
internal sealed record DevPkiOptions
{
    public const int MaxDays = 3650;

    /// <summary>The longest common name.</summary>
    private const int MaxServerName = 64;

    public string Out { get; init; } = "certs-dev/out";

    public IReadOnlyList<string> Clusters { get; init; } = ["alpha", "beta"];

    /// <summary>The <c>--server-id</c> of each server of a fleet; a single server speaks with no other.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>Besides localhost and the loopback addresses.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>A month: long enough to work with, too short to end up in production unnoticed.</summary>
    public int Days { get; init; } = 30;

    /// <summary>One authority for all planes, as upstream's examples have it; only the URIs in the certificates tell the planes apart then.</summary>
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

        if (Clusters.Concat(Servers).FirstOrDefault(IsTaken) is { } taken)
        {
            return $"{(Clusters.Contains(taken) ? "--cluster" : "--server")}={taken}: its file would be the authority's; take another name";
        }

        if (Servers.FirstOrDefault(static s => !IsServer(s)) is { } server)
        {
            return $"--server={server}: give the --server-id of each server, of letters, digits, hyphens, dots and underscores";
        }

        if (Servers.Distinct(StringComparer.OrdinalIgnoreCase).Count() != Servers.Count)
        {
            return $"--server={string.Join(',', Servers)}: a name is there twice; name each server once";
        }

        return Hosts.FirstOrDefault(static h => !IsHost(h)) is { } host
            ? $"--host={host}: give DNS names (a leading *. is allowed) or IP addresses"
            : null;
    }

    /// <summary>The files of authorities are called so, behind the same prefix.</summary>
    private static bool IsTaken(string name) => name.Split('.')[0].Equals("ca", StringComparison.OrdinalIgnoreCase);

    private static bool IsServer(string name) =>
        name.Length is > 0 and <= MaxServerName && char.IsAsciiLetterOrDigit(name[0])
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static bool IsHost(string host) =>
        Uri.CheckHostName(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host) != UriHostNameType.Unknown;
}
