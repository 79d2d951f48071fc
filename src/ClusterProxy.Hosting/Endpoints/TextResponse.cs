using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Hosting.Endpoints;

/// <summary>Short answers that are no JSON.</summary>
public static class TextResponse
{
    public static Task WriteTextAsync(
        this HttpContext context, string text, int status = StatusCodes.Status200OK, string contentType = "text/plain; charset=utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
