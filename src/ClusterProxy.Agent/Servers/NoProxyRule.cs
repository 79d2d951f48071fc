using System.Net;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// One entry of <c>NO_PROXY</c>: <c>*</c>, a network, an address, or a name that matches itself and what is below it; with a
/// leading dot only what is below it. All but networks may carry a port.
/// </summary>
internal sealed record NoProxyRule(string Name, IPNetwork? Network, int? Port)
{
    public static NoProxyRule Parse(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
        {
            return new NoProxyRule("", network, null);
        }

        int? port = null;
        var colon = text.LastIndexOf(':');
        var isBare = text.StartsWith('[') ? text.EndsWith(']') : colon >= 0 && colon != text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0 && !isBare && int.TryParse(text.AsSpan(colon + 1), out var number))
        {
            port = number;
            text = text[..colon];
        }

        text = text.Trim('[', ']');
        return IPAddress.TryParse(text, out var address)
            ? new NoProxyRule("", new IPNetwork(address, address.GetAddressBytes().Length * 8), port)
            : new NoProxyRule(text.StartsWith("*.", StringComparison.Ordinal) ? text[1..] : text, null, port);
    }

    public bool Matches(ServerAddress server, IPAddress? address)
    {
        if (Port is { } port && port != server.Port)
        {
            return false;
        }

        if (Network is { } network)
        {
            return address is not null && network.Contains(address);
        }

        return Name == "*" ||
            server.Host.Equals(Name, StringComparison.OrdinalIgnoreCase) ||
            server.Host.EndsWith(Name.StartsWith('.') ? Name : "." + Name, StringComparison.OrdinalIgnoreCase);
    }
}
