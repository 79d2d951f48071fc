namespace ClusterProxy.Agent.Servers;

/// <summary>What connecting to announced servers takes.</summary>
/// <param name="Options">Of pauses.</param>
/// <param name="Connector">Reaches servers.</param>
/// <param name="Tunnels">The open ones.</param>
/// <param name="Renewal">When one has to be replaced.</param>
/// <param name="Opener">Makes attempts.</param>
/// <param name="Context">The agent.</param>
internal sealed record FleetParts(
    ServerPoolOptions Options, ServerConnector Connector, ServerTunnels Tunnels, TunnelRenewal Renewal, TunnelOpener Opener,
    AgentContext Context);
