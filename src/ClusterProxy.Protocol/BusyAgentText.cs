namespace ClusterProxy.Protocol;

/// <summary>Words in the error of a DIAL_RSP of ours that mean something to a program.</summary>
internal static class BusyAgentText
{
    /// <summary>The agent has as much to do as it may: the same dial may succeed in a moment. HTTP-CONNECT says 503 for it.</summary>
    public const string TryAgainLater = "try again later";
}
