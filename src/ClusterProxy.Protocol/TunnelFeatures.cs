namespace ClusterProxy.Protocol;

/// <summary>
/// What we add to the wire, by the names that travel in <see cref="TunnelHeaders.Features"/>. A feature is used on a tunnel
/// only if both ends announced it. Normative text: proto/README.md, "Additions".
/// </summary>
internal static class TunnelFeatures
{
    /// <summary>What this build understands on an agent's tunnel.</summary>
    public const TunnelFeatureSet Agent =
        TunnelFeatureSet.HalfClose | TunnelFeatureSet.Credit | TunnelFeatureSet.Ping | TunnelFeatureSet.Lanes | TunnelFeatureSet.Trace
        | TunnelFeatureSet.Drain | TunnelFeatureSet.Servers;

    /// <summary>
    /// What this build understands on a frontend's tunnel. It carries one connection, so HTTP/2's own windows are its credit
    /// and HTTP/2's own pings its round trip.
    /// </summary>
    public const TunnelFeatureSet Frontend = TunnelFeatureSet.HalfClose | TunnelFeatureSet.Lanes | TunnelFeatureSet.Trace;

    /// <summary>What this build understands with a CONNECT, whose socket is its one connection.</summary>
    public const TunnelFeatureSet Connect = TunnelFeatureSet.HalfClose | TunnelFeatureSet.Trace;

    /// <summary>Without these there is no lane of a frontend: it carries many connections.</summary>
    public const TunnelFeatureSet LeastOfLane = TunnelFeatureSet.HalfClose | TunnelFeatureSet.Credit | TunnelFeatureSet.Ping;

    /// <summary>What this build understands on a frontend's lane.</summary>
    public const TunnelFeatureSet FrontendLane = LeastOfLane | TunnelFeatureSet.Trace;

    /// <summary>What this build understands on a lane between servers, and needs there.</summary>
    public const TunnelFeatureSet PeerLane = LeastOfLane | TunnelFeatureSet.Trace;

    private static readonly (TunnelFeatureSet Feature, string Name)[] Names =
    [
        (TunnelFeatureSet.HalfClose, "half-close"),
        (TunnelFeatureSet.Credit, "credit"),
        (TunnelFeatureSet.Ping, "ping"),
        (TunnelFeatureSet.Lanes, "lanes"),
        (TunnelFeatureSet.Trace, "trace"),
        (TunnelFeatureSet.Drain, "drain"),
        (TunnelFeatureSet.Servers, "servers"),
    ];

    /// <summary>As the header carries it.</summary>
    public static string Format(TunnelFeatureSet features) =>
        string.Join(',', Names.Where(n => features.HasFlag(n.Feature)).Select(n => n.Name));

    /// <param name="announcement">The header or field as it came; null or empty from a peer without features.</param>
    /// <returns>The features of it that have a name here; the rest belongs to other versions.</returns>
    public static TunnelFeatureSet Parse(string? announcement)
    {
        var names = (announcement ?? "").Split(',', StringSplitOptions.TrimEntries);
        return Names.Where(n => names.Contains(n.Name, StringComparer.Ordinal))
            .Aggregate(TunnelFeatureSet.None, (set, n) => set | n.Feature);
    }
}
