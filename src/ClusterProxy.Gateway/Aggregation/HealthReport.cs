using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>The body of a PUT of the health subresource: a ClusterGateway of which the status counts.</summary>
/// <param name="IsHealthy">status.healthy.</param>
/// <param name="Reason">status.healthyReason.</param>
internal sealed record HealthReport(bool IsHealthy, string Reason)
{
    /// <summary>The API server's own limit of a request.</summary>
    private const int MaxBytes = 3 * 1024 * 1024;

    /// <summary>It goes into an annotation that every replica holds, and a sentence is all it is for.</summary>
    private const int MaxReason = 4096;

    /// <exception cref="ApiProblemException">It is no such object, or of another cluster.</exception>
    public static async Task<HealthReport> ReadAsync(HttpContext context, string name)
    {
        if (context.Request.ContentType is { Length: > 0 } type && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiProblemException.UnsupportedMediaType(type);
        }

        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBytes;
        }

        try
        {
            using var json = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            var root = json.RootElement;
            return Text(root, "metadata", "name") is { } other && other != name
                ? throw ApiProblemException.BadRequest($"the name of the object ({other}) does not match the name on the URL ({name})")
                : Text(root, "status", "healthyReason") is { Length: > MaxReason } ? throw ApiProblemException.Invalid(
                    $"status.healthyReason: may not be longer than {MaxReason} characters")
                : new HealthReport(
                    Find(root, "status", "healthy") is { ValueKind: JsonValueKind.True }, Text(root, "status", "healthyReason") ?? "");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw ApiProblemException.TooLarge(MaxBytes);
        }
        catch (JsonException e)
        {
            throw ApiProblemException.BadRequest($"the body is no JSON object: {e.Message}");
        }
    }

    private static string? Text(JsonElement root, string first, string second) =>
        Find(root, first, second) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Find(JsonElement root, string first, string second) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(first, out var inner)
        && inner.ValueKind == JsonValueKind.Object && inner.TryGetProperty(second, out var found)
            ? found
            : null;
}
