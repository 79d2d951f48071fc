namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Whose health port answers, by the families on its metrics page.</summary>
internal enum PageKind
{
    Unknown,
    Server,
    Agent,
    Gateway,
    UpstreamServer,
    UpstreamAgent,
}
