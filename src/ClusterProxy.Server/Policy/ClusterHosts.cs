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
}
