namespace ClusterProxy.Agent.Servers;

/// <summary>What happens to tunnels that decides about others.</summary>
/// <param name="Announced">A server has said which servers there are, or a tunnel has been opened.</param>
/// <param name="Missed">A tunnel is there but counts no more: its server is silent, or about to leave.</param>
/// <param name="Ended">A tunnel has ended.</param>
internal sealed record TunnelListener(Action Announced, Action<ServerTunnel> Missed, Action<ServerTunnel> Ended);
