namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>For whom a port should be.</summary>
internal enum PortKind
{
    Frontends,
    Agents,
    Gateway,
}
