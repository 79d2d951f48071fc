namespace ClusterProxy.Client;

/// <summary>The one place that says how a dial failure reads in metrics and logs.</summary>
internal static class DialFailureReasonNames
{
    /// <summary>The value of the <c>reason</c> label and log property, as upstream's client spells it.</summary>
    public static string ToTag(this DialFailureReason reason) => reason switch
    {
        DialFailureReason.Unknown => "unknown",
        DialFailureReason.Endpoint => "endpoint",
        DialFailureReason.Timeout => "timeout",
        DialFailureReason.Context => "context",
        DialFailureReason.DialClosed => "dialclosed",
        DialFailureReason.TunnelClosed => "tunnelclosed",
        DialFailureReason.TunnelStarted => "tunnelstarted",
        DialFailureReason.StreamSetup => "streamsetup",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a dial failure without a name"),
    };
}
