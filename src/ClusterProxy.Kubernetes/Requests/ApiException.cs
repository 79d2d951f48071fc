using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>The API server answered, with a failure. Those that callers act on have a type of their own.</summary>
public class ApiException : Exception
{
    internal ApiException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message)
    {
        StatusCode = statusCode;
        Status = status;
        RetryAfter = retryAfter;
    }

    public HttpStatusCode StatusCode { get; }

    /// <summary>What the server said; made up from the HTTP status when it said nothing that reads as a Status.</summary>
    public ApiStatus Status { get; }

    /// <summary>How long the server asks to wait; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; }
}
