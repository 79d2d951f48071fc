using ClusterProxy.Kubernetes.Requests;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Status;

/// <summary>A failure as Kubernetes words it, ready to be written.</summary>
internal sealed record StatusAnswer(int Code, string Reason, string Message)
{
    public ApiStatusDetails? Details { get; init; }

    /// <summary>Sent as Retry-After and as details.retryAfterSeconds.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static StatusAnswer BadRequest(string message) => new(StatusCodes.Status400BadRequest, StatusReason.BadRequest, message);

    public static StatusAnswer Unauthorized(string message = "Unauthorized") =>
        new(StatusCodes.Status401Unauthorized, StatusReason.Unauthorized, message);

    public static StatusAnswer Forbidden(string message, ApiStatusDetails? details = null) =>
        new(StatusCodes.Status403Forbidden, StatusReason.Forbidden, message) { Details = details };

    /// <param name="group">Of the kind.</param>
    /// <param name="plural">Such as clustergateways.</param>
    /// <param name="name">That is not there.</param>
    public static StatusAnswer NotFound(string group, string plural, string name) =>
        new(StatusCodes.Status404NotFound, StatusReason.NotFound, $"{plural}.{group} \"{name}\" not found")
        {
            Details = new ApiStatusDetails { Name = name, Group = group, Kind = plural },
        };

    /// <summary>KubeVela tells by the first words that a cluster is not known yet, and asks again.</summary>
    /// <param name="group">Of the kind.</param>
    /// <param name="name">That is not there.</param>
    public static StatusAnswer NoSuchCluster(string group, string name) =>
        NotFound(group, "clustergateways", name) with { Message = $"no such cluster {name}: clustergateways.{group} \"{name}\" not found" };

    /// <summary>What is not known may be there all the same: a 404 would be believed. Null when nothing is missing.</summary>
    /// <param name="missing">What is owed, and why: of before the cluster was looked for, since it may have come in between.</param>
    public static StatusAnswer? NotKnownYet(string? missing) =>
        missing is null ? null : ServiceUnavailable($"not all clusters are known yet: {missing}", TimeSpan.FromSeconds(1));

    /// <summary>A path that nothing is served at.</summary>
    public static StatusAnswer NoSuchPath() =>
        new(StatusCodes.Status404NotFound, StatusReason.NotFound, "the server could not find the requested resource");

    public static StatusAnswer MethodNotAllowed(string message) =>
        new(StatusCodes.Status405MethodNotAllowed, StatusReason.MethodNotAllowed, message);

    public static StatusAnswer TooManyRequests(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, StatusReason.TooManyRequests, message) { RetryAfter = retryAfter };

    public static StatusAnswer InternalError(string message) =>
        new(StatusCodes.Status500InternalServerError, StatusReason.InternalError, message);

    public static StatusAnswer BadGateway(string message) => new(StatusCodes.Status502BadGateway, StatusReason.BadGateway, message);

    public static StatusAnswer ServiceUnavailable(string message, TimeSpan? retryAfter = null) =>
        new(StatusCodes.Status503ServiceUnavailable, StatusReason.ServiceUnavailable, message) { RetryAfter = retryAfter };

    public static StatusAnswer GatewayTimeout(string message, TimeSpan? retryAfter = null) =>
        new(StatusCodes.Status504GatewayTimeout, StatusReason.Timeout, message) { RetryAfter = retryAfter };

    public static StatusAnswer LoopDetected(string message) => new(StatusCodes.Status508LoopDetected, StatusReason.LoopDetected, message);

    /// <summary>Writes it; nothing of the answer may have been sent yet.</summary>
    public Task WriteAsync(HttpContext context) => StatusWriter.WriteAsync(context, this);
}
