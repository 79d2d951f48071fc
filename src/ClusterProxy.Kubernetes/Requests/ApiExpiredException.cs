using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>410: the resource version or the continue token is too old; list again.</summary>
public sealed class ApiExpiredException : ApiException
{
    internal ApiExpiredException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
