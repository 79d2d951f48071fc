namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>The answer to <c>GET /version</c>.</summary>
/// <param name="Cluster">Whose API this is.</param>
/// <param name="Version">Of this program.</param>
internal sealed record ClusterVersion(string Cluster, string Version);
