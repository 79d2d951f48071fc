using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Servers;

/// <summary>How tunnels are opened.</summary>
internal sealed record ServerConnectorOptions
{
    public required IReadOnlyList<ServerAddress> Servers { get; init; }

    public required string AgentId { get; init; }

    /// <summary>Sent as given, also when empty.</summary>
    public string AgentIdentifiers { get; init; } = "";

    /// <summary>Read at each attempt; null when the client certificate is the identity.</summary>
    public TokenFile? Token { get; init; }

    public required ClientTls Tls { get; init; }

    public EgressProxy Proxy { get; init; } = EgressProxy.None;

    /// <summary>What is announced to servers.</summary>
    public TunnelFeatureSet Features { get; init; } = TunnelFeatures.Agent;

    /// <summary>Lanes beside each tunnel; 0 for none.</summary>
    public int LanesPerTunnel { get; init; } = 2;

    /// <summary>How long a connection may be silent before it is pinged; null for never.</summary>
    public TimeSpan? PingDelay { get; init; } = LeastPingDelay;

    /// <summary>
    /// Everything under way is lost with a connection, so it has some time to come back. The platform looks four times in it, and so
    /// it also decides how late a ping may be: 3 s.
    /// </summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>
    /// Silence after which another tunnel is looked for, without giving up this one: a ping is out by then and has had a second. With
    /// the least delay that is 34 s. Null when nothing is pinged.
    /// </summary>
    public TimeSpan? SilenceLimit => PingDelay + (PingTimeout / 4) + TimeSpan.FromSeconds(1);

    /// <summary>
    /// Upstream's servers cut off whoever pings more often than every 30 s, and whether a server is one of ours is known
    /// only after the connection has its settings.
    /// </summary>
    private static TimeSpan LeastPingDelay { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Of each step. A load balancer that accepts and stays silent must not hold the connect loop.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <param name="asked">By flag; null for never.</param>
    public static TimeSpan? AllowedPingDelay(TimeSpan? asked) => asked < LeastPingDelay ? LeastPingDelay : asked;
}
