using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;

namespace ClusterProxy.Server.Routing;

/// <summary>What became of a dial: a connection, or a reason and a text.</summary>
/// <param name="Connection">To the agent; the caller owns it.</param>
/// <param name="Failure">Set when there is no connection.</param>
/// <param name="Text">What the frontend is told about the failure.</param>
internal readonly record struct DialResult(TunnelConnection? Connection, DialFailureReason? Failure, string Text)
{
    /// <summary>The agent that was asked last; null when none was.</summary>
    public AgentIdentity? Agent { get; init; }

    /// <summary>The server whose agent it is; null when it is this one's.</summary>
    public string? Via { get; init; }

    public static DialResult Connected(TunnelConnection connection) => new(connection, null, "");

    public static DialResult Failed(DialFailureReason reason) => new(null, reason, reason.ToWireText());

    public static DialResult Refused(string text) => new(null, DialFailureReason.Refused, text);
}
