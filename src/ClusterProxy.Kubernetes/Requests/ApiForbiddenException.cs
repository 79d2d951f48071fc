using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>403: known, and not allowed; a matter of RBAC.</summary>
public sealed class ApiForbiddenException : ApiException
{
    internal ApiForbiddenException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
