using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Client;

/// <summary>The values of the <c>packet_type</c> label.</summary>
internal static class PacketTypeNames
{
    /// <summary>Where no packet could be read, as upstream labels it.</summary>
    public const string None = "Unknown";

    public static string Of(PacketType type) => type switch
    {
        PacketType.DialReq => "DIAL_REQ",
        PacketType.DialRsp => "DIAL_RSP",
        PacketType.CloseReq => "CLOSE_REQ",
        PacketType.CloseRsp => "CLOSE_RSP",
        PacketType.Data => "DATA",
        PacketType.DialCls => "DIAL_CLS",
        PacketType.Drain => "DRAIN",
        // A peer must not be able to make up label values.
        _ => "other",
    };
}
