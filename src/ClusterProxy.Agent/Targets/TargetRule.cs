using System.Net;

namespace ClusterProxy.Agent.Targets;

/// <summary>
/// One entry of <c>--allow-target</c> or <c>--deny-target</c>: a network, an address, a name, or a name with a leading
/// <c>*.</c>, then optionally a port or a range of ports.
/// </summary>
internal sealed record TargetRule
{
    private TargetRule(string text, IPNetwork? network, string name, PortRange ports)
    {
        Text = text;
        Network = network;
        Name = name;
        Ports = ports;
    }

    /// <summary>As the operator wrote it.</summary>
    public string Text { get; }

    /// <summary>Null when the rule is about a name.</summary>
    public IPNetwork? Network { get; }

    /// <summary>Lower case; <c>*</c> alone matches every target. Empty when the rule is about a network.</summary>
    public string Name { get; }

    public PortRange Ports { get; }

    /// <param name="text"><c>10.0.0.0/8</c>, <c>10.0.0.0/8:443</c>, <c>[fd00::/8]:443</c>, <c>api.example:8000-9000</c>, <c>*.example</c>, <c>:443</c>.</param>
    /// <param name="rule">The result.</param>
    /// <param name="error">What is wrong with it, when the result is false.</param>
    public static bool TryParse(string text, out TargetRule rule, out string error)
    {
        rule = null!;
        error = "";
        var ports = PortRange.All;
        if (!HostPort.TrySplit(text.Trim(), out var host, out var port) || (host.Length == 0 && port is null))
        {
            error = $"\"{text}\" is no target; write a network, an address or a name, then optionally a colon and ports";
            return false;
        }

        if (port is not null && !PortRange.TryParse(port, out ports))
        {
            error = $"\"{text}\" has no valid port behind its last colon; write a port such as 443 or a range such as 8000-9000";
            return false;
        }

        if (TryParseNetwork(host, out var network))
        {
            rule = new TargetRule(text, network, "", ports);
            return true;
        }

        if (host.Contains('/', StringComparison.Ordinal))
        {
            error = $"\"{text}\" is no network; write it as address/prefix, such as 10.0.0.0/8 or [fd00::/8]:443";
            return false;
        }

        var name = host switch
        {
            "" => "*",
            "*." => host,
            _ => host.TrimEnd('.').ToLowerInvariant(),
        };
        if (name != "*" && !HostPort.IsHost(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name))
        {
            error = $"\"{text}\" is no target; write a network, an address or a name, then optionally a colon and ports";
            return false;
        }

        rule = new TargetRule(text, null, name, ports);
        return true;
    }

    public bool Matches(string host, int port)
    {
        if (Name.Length == 0 || !Ports.Contains(port))
        {
            return false;
        }

        var name = host.TrimEnd('.');
        return Name == "*" || (Name.StartsWith("*.", StringComparison.Ordinal)
            ? name.Length > Name.Length - 1 && name.EndsWith(Name[1..], StringComparison.OrdinalIgnoreCase)
            : name.Equals(Name, StringComparison.OrdinalIgnoreCase));
    }

    public bool Matches(IPAddress address, int port) => Network is { } network && Ports.Contains(port) && network.Contains(address);

    private static bool TryParseNetwork(string text, out IPNetwork network)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            var isAddress = IPAddress.TryParse(text, out var single);
            network = isAddress ? new IPNetwork(single!, single!.GetAddressBytes().Length * 8) : default;
            return isAddress;
        }

        // Go and people write 10.1.2.3/8 for the network around an address; the platform wants the host bits cleared.
        network = default;
        if (!IPAddress.TryParse(text[..slash], out var address) || !PrefixLength(text[(slash + 1)..], address, out var prefix))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new IPNetwork(new IPAddress(bytes), prefix);
        return true;
    }

    private static bool PrefixLength(string text, IPAddress address, out int prefix) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out prefix) && prefix <= address.GetAddressBytes().Length * 8;
}
