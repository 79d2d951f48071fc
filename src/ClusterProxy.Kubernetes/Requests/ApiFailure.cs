using System.Net;
using System.Text.Json;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>Turns an answer that is no success into the exception for it.</summary>
internal static class ApiFailure
{
    /// <summary>A Status is a kilobyte; a proxy's error page may be anything.</summary>
    private const int MaxBody = 64 * 1024;
    private const int MaxQuoted = 512;

    public static async Task<ApiException> ReadAsync(
        string request, HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = await ReadBodyAsync(response.Content, cancellationToken).ConfigureAwait(false);
        var status = Parse(body) ?? new ApiStatus
        {
            Status = "Failure",
            Code = (int)response.StatusCode,
            Message = Quote(body),
        };
        return Create(request, response.StatusCode, status, RetryAfter.Of(response, time) ?? AfterSeconds(status));
    }

    /// <summary>An ERROR event of a watch is a Status without an HTTP status of its own.</summary>
    public static ApiException FromWatch(string request, ApiStatus status) =>
        Create(request, (HttpStatusCode)(status.Code ?? 500), status, AfterSeconds(status));

    private static ApiException Create(string request, HttpStatusCode code, ApiStatus status, TimeSpan? retryAfter)
    {
        var said = status.Message is { Length: > 0 } message ? message : status.Reason ?? "no reason given";
        var text = $"{request}: {(int)code} {said}";
        return code switch
        {
            HttpStatusCode.Unauthorized => new ApiUnauthorizedException(text, code, status, retryAfter),
            HttpStatusCode.Forbidden => new ApiForbiddenException(text, code, status, retryAfter),
            HttpStatusCode.NotFound => new ApiNotFoundException(text, code, status, retryAfter),
            HttpStatusCode.Conflict when status.Reason == "AlreadyExists" => new ApiAlreadyExistsException(text, code, status, retryAfter),
            HttpStatusCode.Conflict => new ApiConflictException(text, code, status, retryAfter),
            HttpStatusCode.Gone => new ApiExpiredException(text, code, status, retryAfter),
            HttpStatusCode.UnprocessableEntity => new ApiInvalidException(text, code, status, retryAfter),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
                new ApiUnavailableException(text, code, status, retryAfter),
            _ => new ApiException(text, code, status, retryAfter),
        };
    }

    private static TimeSpan? AfterSeconds(ApiStatus status) =>
        status.Details?.RetryAfterSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null;

    private static ApiStatus? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, KubernetesJson.Default.ApiStatus) is { Kind: "Status" } status ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Quote(byte[] body)
    {
        var text = System.Text.Encoding.UTF8.GetString(body).Trim();
        return text.Length > MaxQuoted ? $"{text.AsSpan(0, MaxQuoted)}…" : text;
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBody];
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var length = await stream.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return buffer[..length];
        }
    }
}
