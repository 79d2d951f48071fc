using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Agent;

/// <summary>A host name or address with or without a port: <c>a</c>, <c>a:1</c>, <c>::1</c>, <c>[::1]</c>, <c>[::1]:1</c>.</summary>
internal sealed record HostPort(string Host, int? Port)
{
    private const int GreatestNameLength = 253;

    public static bool TryParse(string text, [MaybeNullWhen(false)] out HostPort value)
    {
        value = null;
        if (!TrySplit(text, out var host, out var portText) || !IsHost(host))
        {
            return false;
        }

        int? port = null;
        if (portText is not null)
        {
            if (!TryParsePort(portText, out var parsed))
            {
                return false;
            }

            port = parsed;
        }

        value = new HostPort(host, port);
        return true;
    }

    /// <summary>Parts the brackets' content, or what lies before the only colon, from the port behind.</summary>
    public static bool TrySplit(string text, out string host, out string? port)
    {
        port = null;
        if (text is ['[', ..])
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            host = end < 0 ? "" : text[1..end];
            var rest = end < 0 ? "" : text[(end + 1)..];
            port = rest is [':', ..] ? rest[1..] : null;

            // Brackets are for what holds colons.
            return host.Contains(':', StringComparison.Ordinal) && (rest.Length == 0 || port is not null);
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var isBareIPv6 = colon >= 0 && text.IndexOf(':', colon + 1) >= 0;
        host = colon < 0 || isBareIPv6 ? text : text[..colon];
        port = colon < 0 || isBareIPv6 ? null : text[(colon + 1)..];
        return true;
    }

    public static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= IPEndPoint.MaxPort;

    /// <summary>Without a port, and without the brackets that part one from it: the platform's reader of addresses steps over both.</summary>
    public static bool IsHost(string host) => host.Contains(':', StringComparison.Ordinal)
        ? host.IndexOfAny(['[', ']']) < 0 && IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
        : host.Length is > 0 and <= GreatestNameLength
            && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            && !host.Contains("..", StringComparison.Ordinal)
            && host[0] is not ('.' or '-');

    public override string ToString()
    {
        var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return Port is { } port ? $"{host}:{port}" : host;
    }
}
