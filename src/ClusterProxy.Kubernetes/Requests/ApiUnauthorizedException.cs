using System.Net;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>401: the credentials were not accepted.</summary>
public sealed class ApiUnauthorizedException : ApiException
{
    internal ApiUnauthorizedException(string message, HttpStatusCode statusCode, ApiStatus status, TimeSpan? retryAfter)
        : base(message, statusCode, status, retryAfter)
    {
    }
}
