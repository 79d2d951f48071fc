namespace ClusterProxy.Agent.Targets;

/// <summary>Logical names, such as the cluster's own, that this agent resolves before DNS is asked.</summary>
internal sealed class TargetAliases(IReadOnlyList<TargetAlias> aliases)
{
    public static TargetAliases None { get; } = new([]);

    /// <summary>What the address stands for; itself when no alias matches. An alias with a port goes before one without.</summary>
    public TargetAddress Resolve(TargetAddress address)
    {
        var name = address.Host.TrimEnd('.');
        var found = aliases.FirstOrDefault(a => a.Port == address.Port && a.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? aliases.FirstOrDefault(a => a.Port is null && a.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return found is null ? address : new TargetAddress(found.Host, found.NewPort ?? address.Port);
    }
}
