using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent;

/// <summary>The labels of the packet counter, made once: they are asked for with every packet.</summary>
internal sealed class PacketTags(string segment)
{
    private static readonly string[] Names = ["DIAL_REQ", "DIAL_RSP", "CLOSE_REQ", "CLOSE_RSP", "DATA", "DIAL_CLS", "DRAIN"];

    private readonly KeyValuePair<string, object?>[][] _tags = [.. Names.Append("Unknown").Select(name => Tags(segment, name))];

    /// <param name="type">A number that this build does not know counts as Unknown: labels are a closed set.</param>
    public ReadOnlySpan<KeyValuePair<string, object?>> Of(PacketType type) =>
        _tags[(uint)type < (uint)Names.Length ? (int)type : Names.Length];

    private static KeyValuePair<string, object?>[] Tags(string segment, string name) =>
        [new("segment", segment), new("packet_type", name)];
}
