using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>
/// 409 Conflict: the object has changed since it was read, a precondition does not hold, or another manager owns an applied field.
/// </summary>
public sealed class ApiConflictException : ApiException
{
    internal ApiConflictException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
