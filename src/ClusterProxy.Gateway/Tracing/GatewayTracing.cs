using System.Diagnostics;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ClusterProxy.Gateway.Tracing;

/// <summary>
/// Spans from caller to target (W3C Trace Context): one for the request, one below it for each dial, which server and agent continue,
/// and the request's own goes on to the target. While nobody listens, there are none, and the caller's context goes on as it came.
/// </summary>
internal sealed class GatewayTracing : IDisposable
{
    public const string SourceName = "ClusterProxy.Gateway";

    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    /// <summary>Connections are opened apart from the requests that want them, so the request carries its span.</summary>
    private static readonly HttpRequestOptionsKey<Activity?> SpanKey = new("clusterproxy.span");

    private readonly ActivitySource _source = new(SourceName);
    private readonly TracerProvider? _provider;

    public GatewayTracing(TraceOptions options)
    {
        if (options.Endpoint is { } endpoint)
        {
            _provider = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(static r => r.AddService("cluster-gateway"))
                .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.Ratio)))
                .AddSource(SourceName)
                .AddOtlpExporter(o => o.Endpoint = endpoint)
                .Build();
        }
    }

    /// <summary>The same, with a span around each request.</summary>
    public RequestDelegate Around(RequestDelegate serve) => async context =>
    {
        using var span = StartRequest(context);
        try
        {
            await serve(context);
        }
        finally
        {
            span?.SetTag("http.response.status_code", context.Response.StatusCode);
            if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            {
                span?.SetStatus(ActivityStatusCode.Error);
            }
        }
    };

    /// <summary>Gives the request on its way to the target the running request's span as parent; without one the caller's stays.</summary>
    public static void PassOn(HttpRequestMessage request)
    {
        if (Activity.Current is not { Source.Name: SourceName, Id: { } id } span)
        {
            return;
        }

        request.Options.Set(SpanKey, span);
        Replace(request.Headers, TraceParent, id);
        Replace(request.Headers, TraceState, span.TraceStateString);
    }

    /// <summary>A span for a connection that is opened for a request; current until it is disposed, so that the tunnel's dial belongs to it.</summary>
    /// <param name="request">Of which <see cref="PassOn"/> was told.</param>
    /// <param name="target">A host and port.</param>
    public Activity? StartDial(HttpRequestMessage request, string target) =>
        request.Options.TryGetValue(SpanKey, out var parent) && parent is not null
            ? _source.StartActivity("dial", ActivityKind.Client, parent.Context, [new("server.address", target)])
            : null;

    public void Dispose()
    {
        _provider?.Dispose();
        _source.Dispose();
    }

    private Activity? StartRequest(HttpContext context)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        // Otherwise a span of the web server's own, which is never exported, would be the parent.
        Activity.Current = null;
        var headers = context.Request.Headers;
        var caller = ActivityContext.TryParse(headers[TraceParent], headers[TraceState], isRemote: true, out var parsed) ? parsed : default;
        return _source.StartActivity(
            $"{context.Request.Method} request", ActivityKind.Server, caller, [new("http.request.method", context.Request.Method)]);
    }

    private static void Replace(HttpRequestHeaders headers, string name, string? value)
    {
        headers.Remove(name);
        if (!string.IsNullOrEmpty(value))
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }
}
