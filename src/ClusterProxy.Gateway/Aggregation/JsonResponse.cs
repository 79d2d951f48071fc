using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>Writes JSON answers, in bounded memory.</summary>
internal static class JsonResponse
{
    public const string ContentType = "application/json";

    /// <summary>What is held before it is sent; a list may have tens of thousands of objects.</summary>
    private const int FlushAt = 64 * 1024;

    // Nothing here is put into HTML, and nosniff says so to browsers.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Plain with { Indented = true };

    /// <summary>Sets the head of the answer; the body follows.</summary>
    public static Utf8JsonWriter Start(HttpContext context, bool isPretty = false, string contentType = ContentType)
    {
        context.Response.ContentType = contentType;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache, private";
        return new Utf8JsonWriter(context.Response.BodyWriter, isPretty ? Indented : Plain);
    }

    /// <summary>Call now and then while a long answer is written.</summary>
    public static async ValueTask FlushIfLongAsync(HttpContext context, Utf8JsonWriter json)
    {
        if (json.BytesPending + context.Response.BodyWriter.UnflushedBytes >= FlushAt)
        {
            json.Flush();
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    public static async Task EndAsync(HttpContext context, Utf8JsonWriter json)
    {
        json.Flush();
        context.Response.BodyWriter.Write("\n"u8);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
