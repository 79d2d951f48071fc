using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>404: no such object, or no such kind.</summary>
public sealed class ApiNotFoundException : ApiException
{
    internal ApiNotFoundException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
