namespace ClusterProxy.Hosting.Flags;

public enum FlagParseOutcome
{
    Parsed,
    HelpRequested,
    VersionRequested,
    Failed,
}
