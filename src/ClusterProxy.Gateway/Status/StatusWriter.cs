using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Requests;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Status;

/// <summary>metav1.Status on the wire.</summary>
internal static class StatusWriter
{
    public static async Task WriteAsync(HttpContext context, StatusAnswer answer)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = answer.Code;
        response.ContentType = "application/json";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-cache, private";
        var retryAfter = answer.RetryAfter is { } wait ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : (int?)null;
        if (retryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var body = Body(answer, retryAfter);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    public static byte[] Body(StatusAnswer answer, int? retryAfterSeconds)
    {
        var status = new ApiStatus
        {
            Kind = "Status",
            ApiVersion = "v1",
            Status = "Failure",
            Message = answer.Message,
            Reason = answer.Reason,
            Details = retryAfterSeconds is null
                ? answer.Details
                : (answer.Details ?? new ApiStatusDetails()) with { RetryAfterSeconds = retryAfterSeconds },
            Code = answer.Code,
        };
        var json = (JsonObject)JsonSerializer.SerializeToNode(status, StatusJson.Default.ApiStatus)!;

        // Clients of older versions look for it.
        json["metadata"] = new JsonObject();
        return JsonSerializer.SerializeToUtf8Bytes(json, StatusJson.Default.JsonObject);
    }
}
