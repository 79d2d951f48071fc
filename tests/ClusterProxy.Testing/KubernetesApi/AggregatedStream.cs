using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>One request as a stream of the connection that all of them share.</summary>
internal static class AggregatedStream
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static async Task RunAsync(
        HttpContext context, Uri server, HttpMessageInvoker streams, IEnumerable<(string Name, string Value)> headers)
    {
        var aborted = context.RequestAborted;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(server.GetLeftPart(UriPartial.Authority) + target, AsWritten))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true ? new StreamContent(context.Request.Body) : null,
        };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var answer = await streams.SendAsync(request, aborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            context.Response.Headers.Append(name, values.ToArray());
        }

        // A watch's head goes out before there is anything to tell.
        await context.Response.Body.FlushAsync(aborted);
        await using var body = await answer.Content.ReadAsStreamAsync(aborted);
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, aborted) is > 0 and var read)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), aborted);
            await context.Response.Body.FlushAsync(aborted);
        }
    }
}
