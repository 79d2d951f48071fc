using ClusterProxy.Hosting;

namespace ClusterProxy.Agent.Targets;

/// <summary>Reads the target flags, whose syntax start-up has checked.</summary>
internal static class TargetRules
{
    public static TargetPolicy Policy(AgentOptions options) =>
        new(Rules("allow-target", options.AllowTarget), Rules("deny-target", options.DenyTarget), options.AllowMetadataTargets);

    public static TargetAliases Aliases(AgentOptions options) => new(
    [
        .. options.TargetAlias.Select(text => TargetAlias.TryParse(text, out var alias, out var error)
            ? alias
            : throw new StartupException($"flag --target-alias: {error}")),
    ]);

    private static TargetRule[] Rules(string flag, IReadOnlyList<string> texts) =>
    [
        .. texts.Select(text => TargetRule.TryParse(text, out var rule, out var error)
            ? rule
            : throw new StartupException($"flag --{flag}: {error}")),
    ];
}
