using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Flags;

/// <summary>What the agent may dial; upstream's agent does not know these.</summary>
internal sealed class TargetFlags(FlagSet flags, AgentOptions defaults)
{
    private readonly Flag<IReadOnlyList<string>> _allow = flags.AddStringList(
        "allow-target", defaults.AllowTarget, AdditionFlags.Group,
        "Dial nothing but this: a network, address or host, with a port or port range if need be; repeatable.");

    private readonly Flag<IReadOnlyList<string>> _deny = flags.AddStringList(
        "deny-target", defaults.DenyTarget, AdditionFlags.Group,
        "Never dial this, even where --allow-target allows it; repeatable.");

    private readonly Flag<bool> _metadata = flags.AddBool(
        "allow-metadata-targets", defaults.AllowMetadataTargets, AdditionFlags.Group,
        "Allow the link-local addresses where clouds hand out a node's credentials.");

    private readonly Flag<IReadOnlyList<string>> _aliases = flags.AddStringList(
        "target-alias", defaults.TargetAlias, AdditionFlags.Group,
        "A name that frontends may dial and what it means here, name[:port]=host[:port]; repeatable.");

    private readonly Flag<TimeSpan> _dialTimeout = flags.AddTimer(
        "dial-timeout", defaults.DialTimeout, AdditionFlags.Group, "How long a target may take to accept a connection.");

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        AllowTarget = result.Get(_allow),
        DenyTarget = result.Get(_deny),
        AllowMetadataTargets = result.Get(_metadata),
        TargetAlias = result.Get(_aliases),
        DialTimeout = result.Get(_dialTimeout),
    };
}
