using System.Collections.Immutable;

namespace ClusterProxy.Server.Agents.Selection;

/// <summary>The tunnels of one agent, in the order in which they came. There are several while it reconnects or renews its certificate.</summary>
/// <param name="Agent">Its key.</param>
/// <param name="Tunnels">Never empty.</param>
internal readonly record struct AgentTunnels(string Agent, ImmutableArray<AgentTunnel> Tunnels)
{
    /// <summary>
    /// The newest that answers, since the old stream of an agent that reconnects is the one that may be dead; one that is so new that
    /// it has answered nothing yet stands behind those that have.
    /// </summary>
    public AgentTunnel? Best(in Eligibility eligible, bool draining)
    {
        AgentTunnel? newest = null;
        for (var i = Tunnels.Length - 1; i >= 0; i--)
        {
            var tunnel = Tunnels[i];
            if (tunnel.IsDraining != draining || !eligible.Includes(tunnel))
            {
                continue;
            }

            if (tunnel.HasAnswered)
            {
                return tunnel;
            }

            newest ??= tunnel;
        }

        return newest;
    }
}
