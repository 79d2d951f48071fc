namespace ClusterProxy.Server.Peers;

/// <summary>Why a server with a certificate of the peer plane was not let in; closed, since it is a metric label.</summary>
internal enum PeerRefusalReason
{
    /// <summary>It says no id.</summary>
    NoServerId,

    /// <summary>Its certificate is for another server than the one it says it is.</summary>
    ForeignServerId,

    /// <summary>It lacks an addition that lanes between servers need.</summary>
    MissingFeatures,
}
