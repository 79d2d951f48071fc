namespace ClusterProxy.Hosting.Certificates;

internal static class PeerVerdictText
{
    /// <summary>The metric label and the word in logs.</summary>
    public static string Tag(this PeerVerdict verdict) => verdict switch
    {
        PeerVerdict.Accepted => "accepted",
        PeerVerdict.Missing => "missing",
        PeerVerdict.Expired => "expired",
        PeerVerdict.NotYetValid => "not_yet_valid",
        PeerVerdict.Untrusted => "untrusted",
        PeerVerdict.WrongUsage => "wrong_usage",
        PeerVerdict.WrongName => "wrong_name",
        PeerVerdict.InvalidChain => "invalid_chain",
        PeerVerdict.WrongPlane => "wrong_plane",
        PeerVerdict.TooManyConnections => "too_many_connections",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "not a verdict"),
    };
}
