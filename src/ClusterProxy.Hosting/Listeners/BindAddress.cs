using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Hosting.Listeners;

/// <summary>The address half of a listener's flags, as Go's net.Listen reads it.</summary>
public static class BindAddress
{
    /// <param name="flag">The flag without dashes, for the error text.</param>
    /// <param name="text">
    /// An IP literal or a host name; empty means every address, both families where the machine has them, and so does <c>::</c>.
    /// </param>
    /// <exception cref="StartupException">Not an address of anything.</exception>
    public static IPAddress Parse(string flag, string text)
    {
        if (text.Length == 0)
        {
            text = "::";
        }

        if (IPAddress.TryParse(text, out var address))
        {
            return address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6 ? IPAddress.Any : address;
        }

        try
        {
            var resolved = Dns.GetHostAddresses(text);
            return Array.Find(resolved, static a => a.AddressFamily == AddressFamily.InterNetwork) ?? resolved[0];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new StartupException($"--{flag}={text}: neither an IP address nor a resolvable host name; give an address of this machine", e);
        }
    }
}
