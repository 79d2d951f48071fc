namespace ClusterProxy.Gateway.Status;

/// <summary>metav1's words for programs.</summary>
internal static class StatusReason
{
    public const string BadRequest = nameof(BadRequest);
    public const string Unauthorized = nameof(Unauthorized);
    public const string Forbidden = nameof(Forbidden);
    public const string NotFound = nameof(NotFound);
    public const string MethodNotAllowed = nameof(MethodNotAllowed);
    public const string NotAcceptable = nameof(NotAcceptable);
    public const string Conflict = nameof(Conflict);
    public const string Expired = nameof(Expired);
    public const string UnsupportedMediaType = nameof(UnsupportedMediaType);
    public const string Invalid = nameof(Invalid);
    public const string RequestEntityTooLarge = nameof(RequestEntityTooLarge);
    public const string TooManyRequests = nameof(TooManyRequests);
    public const string InternalError = nameof(InternalError);
    public const string ServiceUnavailable = nameof(ServiceUnavailable);
    public const string Timeout = nameof(Timeout);

    /// <summary>Ours: metav1 has no word for 502.</summary>
    public const string BadGateway = nameof(BadGateway);

    /// <summary>Likewise for 508.</summary>
    public const string LoopDetected = nameof(LoopDetected);
}
