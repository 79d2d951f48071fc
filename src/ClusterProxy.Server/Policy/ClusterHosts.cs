using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;

namespace ClusterProxy.Server.Policy;

/// <summary>The hosts by which a cluster is dialled, and which its agents may announce.</summary>
internal static class ClusterHosts
{
    /// <summary>Compared as routing compares: letter by letter.</summary>
    public static bool Contains(string cluster, string host) =>
        host == cluster
        || host == ServiceProxyHost.Of(cluster)
        || (host.Length > cluster.Length + 1 && host.StartsWith(cluster, StringComparison.Ordinal) && host[cluster.Length] == '.'
            && DnsLabel.IsValid(host.AsSpan(cluster.Length + 1)));

    /// <summary>What is announced and is not the cluster's; null when all is. Addresses, networks and the default route are of no cluster.</summary>
    public static string? FirstForeign(string cluster, AgentIdentifiers announced) =>
        (announced with { Host = announced.Host.RemoveAll(h => Contains(cluster, h)) }).Texts.FirstOrDefault();

    /// <summary>For whoever announced something else.</summary>
    public static string Allowed(string cluster) =>
        $"it may announce host={cluster}, host={cluster}.NAMESPACE and host={ServiceProxyHost.Of(cluster)}";
}
