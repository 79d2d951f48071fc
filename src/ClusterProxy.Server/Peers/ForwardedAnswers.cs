using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>How a forwarded dial's result travels: by the labels that metrics have for it. Normative text: proto/README.md, "Between servers".</summary>
internal static class ForwardedAnswers
{
    public static ForwardedAnswer Of(in DialResult result) => new()
    {
        Reason = result.Failure?.ToTag() ?? "",
        Agent = result.Agent?.Id ?? "",
        Cluster = result.Agent?.Cluster ?? "",
    };

    /// <summary>The answer to a dial of this server's.</summary>
    /// <param name="response">Of the other server.</param>
    /// <param name="connection">When it has one.</param>
    public static PeerAnswer Read(DialResponse response, TunnelConnection? connection)
    {
        var answer = response.Forwarded ?? new ForwardedAnswer();
        var (result, isFinal) = connection is not null
            ? (DialResult.Connected(connection), true)
            : ReasonOf(answer.Reason) is { } reason
                ? (DialResult.Failed(reason), reason == DialFailureReason.TimedOut)
            : (DialResult.Refused(response.Error), true);
        return new(answer.Agent.Length > 0 ? result with { Agent = AgentOf(answer) } : result, isFinal);
    }

    /// <summary>Those whose text is a server's own; null for an agent's, which is passed on.</summary>
    private static DialFailureReason? ReasonOf(string tag)
    {
        DialFailureReason[] known =
        [
            DialFailureReason.NoAgent, DialFailureReason.AgentLost, DialFailureReason.TimedOut, DialFailureReason.TooManyPending,
            DialFailureReason.BuffersFull, DialFailureReason.ShuttingDown,
        ];
        foreach (var reason in known)
        {
            if (reason.ToTag() == tag)
            {
                return reason;
            }
        }

        return null;
    }

    private static AgentIdentity AgentOf(ForwardedAnswer answer) =>
        new(PeerText.Bound(answer.Agent), AgentIdentifiers.None, Peer: "") { Cluster = PeerText.Bound(answer.Cluster) };
}
