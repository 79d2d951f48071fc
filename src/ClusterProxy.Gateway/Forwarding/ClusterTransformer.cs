using ClusterProxy.Gateway.Tracing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>Makes the request to the cluster and the answer to the caller, by <see cref="HeaderRules"/>; YARP moves the bodies.</summary>
/// <param name="call">What is forwarded.</param>
/// <param name="via">This process.</param>
/// <param name="ending">Fires when watches are to end.</param>
internal sealed class ClusterTransformer(ForwardCall call, ViaHop via, CancellationToken ending) : HttpTransformer
{
    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        proxyRequest.Options.Set(ForwardCall.Key, call);
        proxyRequest.RequestUri = call.Url;
        if (proxyRequest.Method == HttpMethod.Get && !HttpMethods.IsConnect(httpContext.Request.Method))
        {
            // YARP asks for every upgrade with GET, and the cluster would authorise "get pods/exec" where the caller wants to create it.
            proxyRequest.Method = HttpMethod.Parse(httpContext.Request.Method);
        }

        Copy(httpContext, proxyRequest);
        GatewayTracing.PassOn(proxyRequest);
        proxyRequest.Headers.Host = call.Host;
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", (IEnumerable<string>)HeaderRules.ForwardedFor(httpContext)!);
        proxyRequest.Headers.TryAddWithoutValidation("Via", via.Extend(httpContext));
        if (call.Credential.Authorization is { } authorization)
        {
            proxyRequest.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        SentIdentityHeaders.Set(proxyRequest.Headers, call.Identity);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return true;
        }

        call.TargetStatus = (int)proxyResponse.StatusCode;
        if (IsWithheld(call.TargetStatus))
        {
            call.Withheld = call.TargetStatus;
            return false;
        }

        var named = HeaderRules.NamedByConnection(Values(proxyResponse.Headers.NonValidated, "Connection"));
        Copy(proxyResponse.Headers.NonValidated, httpContext.Response.Headers, named);
        Copy(proxyResponse.Content.Headers.NonValidated, httpContext.Response.Headers, named);
        if (call.Kind is RequestKind.Watch or RequestKind.LongRunning && MayHaveBody(httpContext.Request.Method, call.TargetStatus))
        {
            // A watch is open when its headers are there; the first event may come in an hour.
            await SendHeadersAsync(httpContext.Response, cancellationToken);
        }

        if (call.Kind == RequestKind.Watch && proxyResponse.Content.Headers.ContentLength is null)
        {
            proxyResponse.Content = new StreamContent(new EndingStream(await proxyResponse.Content.ReadAsStreamAsync(cancellationToken), ending));
        }

        return true;
    }

    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private static async Task SendHeadersAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        try
        {
            await response.StartAsync(cancellationToken);
            await response.Body.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The caller has gone, and whoever copies the body finds that out in an orderly way.
        }
    }

    private static void Copy(HttpContext context, HttpRequestMessage request)
    {
        var headers = context.Request.Headers;
        var named = HeaderRules.NamedByConnection(headers.Connection);
        foreach (var (name, values) in headers)
        {
            if (!HeaderRules.PassesInRequest(name, named))
            {
                continue;
            }

            var passed = name.Equals(HeaderRules.WebSocketProtocols, StringComparison.OrdinalIgnoreCase) ? HeaderRules.WithoutToken(values) : values;
            if (passed.Count > 0 && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)passed!))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)passed!);
            }
        }
    }

    private static void Copy(System.Net.Http.Headers.HttpHeadersNonValidated from, IHeaderDictionary to, HashSet<string> named)
    {
        foreach (var (name, values) in from)
        {
            if (HeaderRules.PassesInAnswer(name, named))
            {
                to.Append(name, new StringValues([.. values]));
            }
        }
    }

    private static StringValues Values(System.Net.Http.Headers.HttpHeadersNonValidated headers, string name) =>
        headers.TryGetValues(name, out var values) ? new StringValues([.. values]) : StringValues.Empty;

    /// <summary>Redirects, and a switch of protocols that nobody asked for.</summary>
    private bool IsWithheld(int status) =>
        status is >= 300 and < 400 and not StatusCodes.Status304NotModified
        || (status == StatusCodes.Status101SwitchingProtocols && call.Kind != RequestKind.Upgrade);

    private static bool MayHaveBody(string method, int status) =>
        !HttpMethods.IsHead(method) && status is >= 200 and not StatusCodes.Status204NoContent and not StatusCodes.Status304NotModified;
}
