using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Server.Policy;

/// <summary>
/// A dialled address, read strictly: what could mean one thing here and another to the agent, which gets the text as it is, is no
/// target that a rule could allow. An IPv4 address in IPv6 clothes is such a thing: a rule for IPv6 networks does not mean it.
/// </summary>
/// <param name="Host">Without brackets.</param>
/// <param name="Port">From 1 on.</param>
/// <param name="Address">Set when the host is an address in its one canonical spelling.</param>
internal sealed record DialTarget(string Host, int Port, IPAddress? Address)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out DialTarget? target)
    {
        target = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParsePort(text.AsSpan(colon + 1), out var port))
        {
            return false;
        }

        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        host = bracketed ? host[1..^1] : host;
        var address = IPAddress.TryParse(host, out var parsed) && parsed.ToString() == host && !parsed.IsIPv4MappedToIPv6 ? parsed : null;
        if (bracketed != (address?.AddressFamily == AddressFamily.InterNetworkV6) || (address is null && !IsName(host)))
        {
            return false;
        }

        target = new DialTarget(host, port, address);
        return true;
    }

    private static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port is > 0 and <= IPEndPoint.MaxPort
        && text[0] != '0';

    /// <summary>Resolvers take <c>10.1</c>, <c>127.0x1</c> and their like for addresses, by their last part.</summary>
    private static bool IsName(string host)
    {
        var last = host.AsSpan(host.LastIndexOf('.') + 1);
        return host.Length > 0
            && host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            && last.Length > 0
            && last.ContainsAnyExceptInRange('0', '9')
            && !last.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
    }
}
