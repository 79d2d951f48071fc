using System.Net;
using ClusterProxy.Hosting.Addresses;

namespace ClusterProxy.Agent.Targets;

/// <summary>
/// Which targets this agent dials. It is asked twice: for the name that was asked for, and for each address that is about
/// to be dialled, so that a name cannot lead where an address may not.
/// </summary>
/// <remarks>
/// A deny rule wins over an allow rule. With allow rules, whatever none of them matches is refused. Link-local and
/// metadata addresses hand out a node's credentials, so a flag of its own or an allow rule within those very networks opens
/// them.
/// </remarks>
internal sealed class TargetPolicy(IReadOnlyList<TargetRule> allow, IReadOnlyList<TargetRule> deny, bool allowMetadata = false)
{
    public static TargetPolicy Default { get; } = new([], []);

    /// <summary>Judges what can be judged without an address; null when nothing speaks against it so far.</summary>
    /// <param name="names">The name asked for, and the one an alias stands for.</param>
    /// <param name="port">That will be dialled.</param>
    public string? Refusal(IReadOnlyList<string> names, int port)
    {
        if (deny.Count == 0 && allow.Count == 0)
        {
            return null;
        }

        foreach (var name in names)
        {
            if (deny.FirstOrDefault(r => r.Matches(name, port)) is { } rule)
            {
                return Denied(TargetAddress.Join(name, port), $"--deny-target={rule.Text}");
            }
        }

        // An address rule may still allow it, once the address is known.
        return allow.Count == 0 || allow.Any(r => r.Network is not null) || names.Any(n => allow.Any(r => r.Matches(n, port)))
            ? null
            : Denied(TargetAddress.Join(names[0], port), "no --allow-target matches");
    }

    /// <summary>Judges the address that is about to be dialled; null when it may be.</summary>
    /// <param name="names">As for the first question.</param>
    /// <param name="address">Not mapped and not the wildcard: see <see cref="Effective"/>.</param>
    /// <param name="port">That will be dialled.</param>
    public string? Refusal(IReadOnlyList<string> names, IPAddress address, int port)
    {
        var metadata = allowMetadata ? null : LinkLocalNetworks.Find(address);
        if (deny.Count == 0 && allow.Count == 0 && metadata is null)
        {
            return null;
        }

        var target = TargetAddress.Join(address, port);
        if (deny.FirstOrDefault(r => r.Matches(address, port)) is { } rule)
        {
            return Denied(target, $"--deny-target={rule.Text}");
        }

        if (metadata is { } network && !allow.Any(r => r.Matches(address, port) && IsWithin(r.Network!.Value, network)))
        {
            return Denied(target, "link-local and metadata addresses are refused without --allow-metadata-targets");
        }

        return allow.Count == 0 || allow.Any(r => r.Matches(address, port)) || names.Any(n => allow.Any(r => r.Matches(n, port)))
            ? null
            : Denied(target, "no --allow-target matches");
    }

    /// <summary>The address the kernel really connects to: the wildcard means this host, a mapped address its IPv4 one.</summary>
    public static IPAddress Effective(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
    }

    private static bool IsWithin(IPNetwork inner, IPNetwork outer) =>
        inner.PrefixLength >= outer.PrefixLength && outer.Contains(inner.BaseAddress);

    private static string Denied(string target, string why) => $"dial tcp {target}: denied by the agent's target policy: {why}";
}
