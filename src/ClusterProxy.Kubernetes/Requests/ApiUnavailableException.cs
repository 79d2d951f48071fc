using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>429, 503 or 504: the server cannot answer now, and would perhaps later.</summary>
public sealed class ApiUnavailableException : ApiException
{
    internal ApiUnavailableException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
