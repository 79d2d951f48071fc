using System.Globalization;
using System.Net;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Targets;

/// <summary>Host and port as a dial names them; the host is a DNS name, an alias or an IP literal without brackets.</summary>
internal readonly record struct TargetAddress(string Host, int Port)
{
    /// <summary>Splits as Go's dialler does and refuses in its words, which frontends match on.</summary>
    /// <param name="text">Such as <c>10.0.0.1:443</c>, <c>[::1]:80</c> or <c>name:8080</c>.</param>
    /// <param name="address">The result.</param>
    /// <param name="error">What is wrong, when the result is false.</param>
    public static bool TryParse(string text, out TargetAddress address, out string error)
    {
        address = default;
        error = "";
        string host;
        string port;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
            {
                error = $"address {PeerText.Bound(text)}: missing ']' in address";
                return false;
            }

            if (end + 1 == text.Length || text[end + 1] != ':')
            {
                error = $"address {PeerText.Bound(text)}: missing port in address";
                return false;
            }

            host = text[1..end];
            port = text[(end + 2)..];
        }
        else
        {
            var colon = text.LastIndexOf(':');
            if (colon < 0)
            {
                error = $"address {PeerText.Bound(text)}: missing port in address";
                return false;
            }

            host = text[..colon];
            port = text[(colon + 1)..];
            if (host.Contains(':', StringComparison.Ordinal))
            {
                error = $"address {PeerText.Bound(text)}: too many colons in address";
                return false;
            }
        }

        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 0 or > 65535)
        {
            error = number > 65535 || port.All(char.IsAsciiDigit) && port.Length > 0
                ? $"address {PeerText.Bound(text)}: invalid port"
                : $"lookup tcp/{PeerText.Bound(port)}: unknown port";
            return false;
        }

        if (host.AsSpan().ContainsAnyInRange('\0', ' ') || host.Contains('\x7f', StringComparison.Ordinal))
        {
            error = $"lookup {PeerText.Bound(host)}: no such host";
            return false;
        }

        // Go dials this host when none is given.
        address = new TargetAddress(host.Length == 0 ? "localhost" : host, number);
        return true;
    }

    public override string ToString() => Join(Host, Port);

    /// <summary>The form in Go's texts: IPv6 in brackets.</summary>
    public static string Join(string host, int port) =>
        host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    public static string Join(IPAddress address, int port) => Join(address.ToString(), port);
}
