using System.Collections.Immutable;
using ClusterProxy.Server.Agents.Selection;

namespace ClusterProxy.Server.Agents;

/// <summary>Who is connected, at one moment.</summary>
/// <param name="Tunnels">All of them, in the order in which they came.</param>
/// <param name="Tables">One for each configured strategy, in the order of the flag.</param>
/// <param name="LastChanged">Index of the table that changed last.</param>
internal sealed record AgentSnapshot(ImmutableArray<AgentTunnel> Tunnels, ImmutableArray<StrategyTable> Tables, int LastChanged);
