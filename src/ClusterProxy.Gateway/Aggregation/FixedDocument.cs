using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>A document that stays the same as long as the process runs.</summary>
internal sealed class FixedDocument
{
    private readonly byte[] _bytes;
    private readonly string _contentType;

    public FixedDocument(JsonObject json, string contentType = JsonResponse.ContentType)
    {
        _bytes = Encoding.UTF8.GetBytes(json.ToJsonString() + "\n");
        _contentType = contentType;
        Hash = Convert.ToHexString(SHA256.HashData(_bytes));
    }

    /// <summary>Of the bytes, in capital hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>Answers with it, or with 304 when the client has it.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ETag = $"\"{Hash}\"";
        response.Headers.Vary = "Accept";
        response.Headers.CacheControl = "public";
        response.Headers.XContentTypeOptions = "nosniff";
        if (request.Headers.IfNoneMatch.OfType<string>().SelectMany(static v => v.Split(',', StringSplitOptions.TrimEntries)).Contains($"\"{Hash}\""))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = _contentType;
        response.ContentLength = _bytes.Length;
        return response.Body.WriteAsync(_bytes, context.RequestAborted).AsTask();
    }
}
