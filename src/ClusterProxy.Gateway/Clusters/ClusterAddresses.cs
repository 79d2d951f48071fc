using System.Net;
using ClusterProxy.Hosting.Addresses;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>
/// Which addresses the gateway itself dials for a cluster. Descriptions come from others (in OCM a cluster writes its own address), and
/// must not lead to what only the gateway's machine reaches. Asked for the address as it is written, and again for each that is about
/// to be dialled, so that a name cannot lead where an address may not.
/// </summary>
/// <param name="allowed">Whatever lies in one of these may be dialled.</param>
internal sealed class ClusterAddresses(IReadOnlyList<IPNetwork> allowed)
{
    public const string Flag = "allow-cluster-networks";

    /// <param name="address">To be dialled.</param>
    /// <param name="isOfFile">Whoever writes <c>--clusters-dir</c> is on this machine, and may mean it.</param>
    /// <returns>What speaks against it, behind the address; null when nothing does.</returns>
    public string? Objection(IPAddress address, bool isOfFile)
    {
        var dialled = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (allowed.Any(n => n.Contains(dialled)))
        {
            return null;
        }

        return LinkLocalNetworks.Find(dialled) is not null
                ? $"{dialled} is a link-local address, where clouds hand out a machine's credentials: {Unless(dialled)}"
            : dialled.Equals(IPAddress.Any) || dialled.Equals(IPAddress.IPv6Any)
                ? $"{dialled} is no host's address, and would be the gateway's own machine: {Unless(dialled)}"
            : IPAddress.IsLoopback(dialled) && !isOfFile
                ? $"{dialled} is the gateway's own machine, where clusters of the hub are not looked for: {Unless(dialled)}"
            : null;
    }

    private static string Unless(IPAddress address) => $"correct it, or allow it with --{Flag}={address}/{address.GetAddressBytes().Length * 8}";
}
