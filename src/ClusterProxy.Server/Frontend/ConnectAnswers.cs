using ClusterProxy.Protocol;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>What a CONNECT client is told about a dial that failed.</summary>
internal static class ConnectAnswers
{
    /// <summary>Null when the client gets no answer: it is gone, or the agent dropped the dial.</summary>
    public static ConnectResponse? For(DialFailureReason reason, string text) => reason switch
    {
        DialFailureReason.NoAgent => new(500, $"currently no tunnels available: {text}"),
        DialFailureReason.Refused => new(StatusOf(text), text),
        DialFailureReason.AgentLost => new(502, $"Backend context error: {text}"),
        DialFailureReason.TimedOut => new(504, $"Backend dial timeout: {text}"),
        DialFailureReason.Denied => new(403, text),
        DialFailureReason.TooManyPending or DialFailureReason.TooManyConnections or DialFailureReason.BuffersFull or DialFailureReason.ShuttingDown => new(503, text),
        DialFailureReason.ClosedByAgent or DialFailureReason.Cancelled => null,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a dial failure without an answer"),
    };

    /// <summary>Upstream maps the agent's text by these words, in this order; the last of them is ours.</summary>
    private static int StatusOf(string text)
    {
        bool Says(string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
        return Says("timeout") || Says("deadline exceeded") ? 504 : Says("too many open files") || Says(BusyAgentText.TryAgainLater) ? 503 : 502;
    }
}
