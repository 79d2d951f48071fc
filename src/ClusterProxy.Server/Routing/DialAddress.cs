namespace ClusterProxy.Server.Routing;

/// <summary>The host of a dialled address.</summary>
internal static class DialAddress
{
    /// <summary>
    /// <c>[v6]:port</c>, a bare IPv6 address and <c>host:port</c> give the host; anything else stays as it is.
    /// </summary>
    public static string HostOf(string address)
    {
        if (address.StartsWith('[') && address.IndexOf(']') is var end and > 0)
        {
            return address[1..end];
        }

        var colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && address.IndexOf(':', colon + 1) < 0 ? address[..colon] : address;
    }
}
