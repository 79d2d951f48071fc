using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>409 AlreadyExists: an object of that name is there.</summary>
public sealed class ApiAlreadyExistsException : ApiException
{
    internal ApiAlreadyExistsException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
