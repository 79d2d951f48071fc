using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>422: the object breaks a rule of its kind; <see cref="ApiStatusDetails.Causes"/> says which.</summary>
public sealed class ApiInvalidException : ApiException
{
    internal ApiInvalidException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
