namespace ClusterProxy.Server.Agents.Selection;

/// <summary>Which tunnels a dial may have.</summary>
/// <param name="Tried">Not these: the dial was on them already.</param>
/// <param name="Clusters">
/// Only those of agents whose certificate is for one of these; null for any. Agents that are believed what they claim have no cluster,
/// and nothing tells them apart.
/// </param>
internal readonly record struct Eligibility(IReadOnlyCollection<AgentTunnel> Tried, IReadOnlySet<string>? Clusters = null)
{
    public bool Includes(AgentTunnel tunnel) =>
        !Tried.Contains(tunnel) && (Clusters is null || tunnel.Agent.Cluster.Length == 0 || Clusters.Contains(tunnel.Agent.Cluster));
}
