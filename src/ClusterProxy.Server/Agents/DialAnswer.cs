using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Agents;

/// <summary>A tunnel's answer to one dial.</summary>
internal readonly record struct DialAnswer(DialAnswerKind Kind, TunnelConnection? Connection, string Error)
{
    public static DialAnswer Closed { get; } = new(DialAnswerKind.Closed, null, "");

    public static DialAnswer Unanswered { get; } = new(DialAnswerKind.Unanswered, null, "");

    public static DialAnswer GivenUp { get; } = new(DialAnswerKind.GivenUp, null, "");

    public static DialAnswer TunnelEnded { get; } = new(DialAnswerKind.TunnelEnded, null, "");

    public static DialAnswer Connected(TunnelConnection connection) => new(DialAnswerKind.Connected, connection, "");

    public static DialAnswer Refused(string error) => new(DialAnswerKind.Refused, null, error);
}
