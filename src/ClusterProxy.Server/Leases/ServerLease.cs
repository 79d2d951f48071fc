using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;

namespace ClusterProxy.Server.Leases;

/// <summary>
/// What a server's lease is called and says. The annotations are this project's: upstream's agents count leases by their labels, and look
/// at nothing else.
/// </summary>
internal static class ServerLease
{
    /// <summary>Where agents reach the server: HOST:PORT.</summary>
    public const string AgentAddress = "clusterproxy.io/agent-address";

    /// <summary>Where other servers reach it: HOST:PORT.</summary>
    public const string PeerAddress = "clusterproxy.io/peer-address";

    public static string NameOf(string serverId) => "konnectivity-proxy-server-" + serverId;

    /// <summary>
    /// Null for a lease that does not say where its server is. Its name must be its holder's, so that no two leases speak of one server.
    /// </summary>
    public static FleetServer? Read(Lease lease, string annotation) =>
        lease.Metadata?.Annotations?.TryGetValue(annotation, out var address) == true
        && lease.Spec?.HolderIdentity is { } id
        && lease.Metadata.Name == NameOf(id)
        && ServerText.TryParse($"{id}={address}", out var server)
        && server.Id == id
            ? server
            : null;
}
