using System.Text.Json.Nodes;

namespace ClusterProxy.Interop.Tests.Peers;

public static class PeerEvents
{
    /// <summary>A text of an event.</summary>
    public static string Text(this JsonNode @event, string name) => @event[name]!.GetValue<string>();

    public static int Number(this JsonNode @event, string name) => @event[name]!.GetValue<int>();
}
