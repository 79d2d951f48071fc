namespace ClusterProxy.Server;

/// <summary>What agents are told about this server.</summary>
/// <param name="Id">Unique among the replicas.</param>
/// <param name="Count">How many replicas there are.</param>
internal sealed record ServerIdentity(string Id, int Count);
