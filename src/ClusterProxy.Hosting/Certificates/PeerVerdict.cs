namespace ClusterProxy.Hosting.Certificates;

/// <summary>Why a peer's certificate was accepted or not; closed, since it is a metric label.</summary>
public enum PeerVerdict
{
    Accepted,

    /// <summary>No certificate was sent.</summary>
    Missing,
    Expired,
    NotYetValid,

    /// <summary>Its chain does not end at a certificate of the bundle.</summary>
    Untrusted,

    /// <summary>Extended key usage does not allow the role.</summary>
    WrongUsage,

    /// <summary>None of its names is the one dialled.</summary>
    WrongName,

    /// <summary>The chain breaks a rule of its own: constraints, key usage, an unknown critical extension, a weak signature.</summary>
    InvalidChain,

    /// <summary>It says that it is for another plane than the one whose port it was shown at.</summary>
    WrongPlane,

    /// <summary>It is good, and has as many connections as one certificate may have.</summary>
    TooManyConnections,
}
