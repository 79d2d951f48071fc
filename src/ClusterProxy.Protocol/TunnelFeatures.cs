using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol;

/// <summary>
/// What we add to the wire, by the names that travel in <see cref="TunnelHeaders.Features"/>. A feature is used on a tunnel
/// only if both ends announced it. Normative text: proto/README.md, "Additions".
/// </summary>
internal static class TunnelFeatures
{
    /// <summary>One direction of a connection can end while the other goes on.</summary>
    public const string HalfClose = "half-close";

    /// <summary>HALF_CLOSE: a number far from upstream's, carrying a CloseRequest.</summary>
    public const PacketType HalfClosePacket = (PacketType)64;

    /// <summary>Everything this build understands, as the header carries it.</summary>
    public const string Announcement = HalfClose;

    /// <param name="announcement">The header or field as it came; null or empty from a peer without features.</param>
    /// <param name="feature">One name.</param>
    public static bool Contains(string? announcement, string feature) =>
        announcement is not null && announcement.Split(',', StringSplitOptions.TrimEntries).Contains(feature, StringComparer.Ordinal);
}
