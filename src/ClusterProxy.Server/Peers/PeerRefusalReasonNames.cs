namespace ClusterProxy.Server.Peers;

internal static class PeerRefusalReasonNames
{
    /// <summary>The metric label.</summary>
    public static string ToTag(this PeerRefusalReason reason) => reason switch
    {
        PeerRefusalReason.NoServerId => "no_server_id",
        PeerRefusalReason.ForeignServerId => "foreign_server_id",
        PeerRefusalReason.MissingFeatures => "missing_features",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a reason without a name"),
    };
}
