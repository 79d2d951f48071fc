namespace ClusterProxy.Gateway.Authentication;

/// <summary>What the credentials of a request came to.</summary>
internal enum AuthenticationVerdict
{
    /// <summary>The caller is known, be it as anonymous.</summary>
    Accepted,

    /// <summary>Credentials were shown and none of them is good: 401.</summary>
    Rejected,

    /// <summary>A token that is not known, at a moment when too many of them came to be asked about: 429.</summary>
    Limited,

    /// <summary>The request contradicts itself: 400.</summary>
    Malformed,

    /// <summary>Whom the caller wants to be is not its to choose: 403.</summary>
    Forbidden,
}
