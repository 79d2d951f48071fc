namespace ClusterProxy.Server.Agents;

/// <summary>What an agent is looked for by, so that a dial that waits on a silent one can have another.</summary>
/// <param name="Address">Host and port.</param>
/// <param name="Tried">Tunnels that the dial was on, the one that it is on now included.</param>
/// <param name="Clusters">Whose agents may have the dial; null for everybody's.</param>
/// <param name="Strategy">The one that found the tunnel that it is on now, by its place in the flag.</param>
internal sealed record DialSearch(string Address, IReadOnlyCollection<AgentTunnel> Tried, IReadOnlySet<string>? Clusters, int Strategy);
