using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ClusterProxy.Hosting;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>What a managed API answers.</summary>
internal sealed class ManagedApiRequests(string cluster, TimeProvider time)
{
    /// <summary>Response header that names the cluster, on every answer.</summary>
    public const string ClusterHeader = "x-cluster";

    /// <summary>Response header that names whom the caller impersonates, on every answer.</summary>
    public const string UserHeader = "x-user";

    /// <summary>How many events a watch brings.</summary>
    public const int WatchEvents = 3;

    private const int EchoLimit = 1024 * 1024;
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan GatherPatience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Gathering> _gatherings = new(StringComparer.Ordinal);

    public Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers[ClusterHeader] = cluster;
        context.Response.Headers[UserHeader] = context.Request.Headers["Impersonate-User"];
        return (context.Request.Method, context.Request.Path.Value) switch
        {
            ("GET", "/healthz") => context.Response.WriteAsync("ok", context.RequestAborted),
            ("GET", "/version") => JsonAsync(
                context, new ClusterVersion(cluster, ProductVersion.Of(typeof(ManagedApi).Assembly).Split('+')[0]), ManagedApiJson.Default.ClusterVersion),
            ("GET", "/download") => DownloadAsync(context),
            ("POST", "/upload") => UploadAsync(context),
            ("POST", "/echo") => EchoAsync(context),
            ("GET", "/api/v1/pods") => WatchAsync(context),
            ("GET", { } path) when path.EndsWith("/exec", StringComparison.Ordinal) && context.WebSockets.IsWebSocketRequest => ExecAsync(context),
            _ => TextAsync(context, StatusCodes.Status404NotFound, "paths: /healthz /version /download?bytes=N&seed=N /upload /echo\n"),
        };
    }

    private static async Task DownloadAsync(HttpContext context)
    {
        if (!long.TryParse(context.Request.Query["bytes"], out var bytes) || bytes < 0
            || !ulong.TryParse(context.Request.Query["seed"], out var seed))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, "write /download?bytes=N&seed=N\n");
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        var content = new SeededContent(seed);
        for (var left = bytes; left > 0;)
        {
            var part = (int)Math.Min(SeededContent.ChunkSize, left);
            content.Fill(context.Response.BodyWriter.GetSpan(part)[..part]);
            context.Response.BodyWriter.Advance(part);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            left -= part;
        }
    }

    private async Task UploadAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0L;
        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
                bytes += segment.Length;
            }

            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        var receipt = new UploadReceipt(cluster, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        await JsonAsync(context, receipt, ManagedApiJson.Default.UploadReceipt);
    }

    private async Task EchoAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not (>= 0 and <= EchoLimit))
        {
            await TextAsync(context, StatusCodes.Status413PayloadTooLarge, $"/echo takes bodies of up to {EchoLimit} bytes with a length\n");
            return;
        }

        var body = new byte[(int)context.Request.ContentLength.Value];
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        if (int.TryParse(context.Request.Query["together"], out var size))
        {
            var key = $"{context.Request.Query["round"]}/{size}";
            var gathering = _gatherings.GetOrAdd(key, static (_, s) => new Gathering(s), size);
            try
            {
                await gathering.ArriveAsync(GatherPatience, time, context.RequestAborted);
            }
            catch (TimeoutException)
            {
                await TextAsync(context, StatusCodes.Status503ServiceUnavailable, $"only {gathering.Arrived} of {size} requests came together\n");
                return;
            }
        }

        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Pods appear one at a time.</summary>
    private async Task WatchAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        for (var i = 1; i <= WatchEvents; i++)
        {
            await context.Response.WriteAsync(
                $$$$"""{"type":"ADDED","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-{{{{i}}}}"}}}""" + "\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(WatchPeriod, time, context.RequestAborted);
        }
    }

    /// <summary>As exec of cat: what comes on stream 0 goes out on stream 1.</summary>
    private static async Task ExecAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: WebSocketMessageType.Binary, Count: > 0 } message)
        {
            buffer[0] = 1;
            await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static async Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await context.Response.BodyWriter.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), context.RequestAborted);
    }
}
