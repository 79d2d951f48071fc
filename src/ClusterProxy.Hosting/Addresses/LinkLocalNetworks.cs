using System.Collections.Immutable;
using System.Net;

namespace ClusterProxy.Hosting.Addresses;

/// <summary>
/// Where clouds hand out the credentials of the machine that asks: the link-local networks (RFC 3927, RFC 4291 2.5.6), and the one
/// address beside them, EC2's for IPv6. Nothing that others name may lead there unless somebody asked for it in words.
/// </summary>
public static class LinkLocalNetworks
{
    private static readonly ImmutableArray<IPNetwork> All =
        [IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fd00:ec2::254/128")];

    /// <summary>The one that an address is in; null for most.</summary>
    public static IPNetwork? Find(IPAddress address)
    {
        foreach (var network in All)
        {
            if (network.Contains(address))
            {
                return network;
            }
        }

        return null;
    }
}
