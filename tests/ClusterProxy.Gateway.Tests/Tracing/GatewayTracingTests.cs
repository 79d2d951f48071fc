using System.Collections.Concurrent;
using System.Diagnostics;
using ClusterProxy.Gateway.Tracing;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Tests.Tracing;

/// <summary>From a caller's headers to the target's, over the steps that a request takes.</summary>
public sealed class GatewayTracingTests : IDisposable
{
    private const string Caller = "00f067aa0ba902b7";

    private readonly string _trace = ActivityTraceId.CreateRandom().ToHexString();
    private readonly ConcurrentBag<Activity> _spans = [];
    private readonly GatewayTracing _tracing = new(new Gateway.Tracing.TraceOptions(Endpoint: null, Ratio: 1));

    private IEnumerable<Activity> Own => _spans.Where(s => s.TraceId.ToHexString() == _trace);

    public void Dispose() => _tracing.Dispose();

    [Fact]
    public async Task Request_WithACallersTrace_IsOneTraceFromCallerToTarget()
    {
        using var listener = Listen();

        var (sent, dial) = await ServeAsync(200);

        var request = Own.Single(static s => s.Kind == ActivityKind.Server);
        Assert.Equal(Caller, request.ParentSpanId.ToHexString());
        Assert.Equal(200, request.GetTagItem("http.response.status_code"));
        Assert.Equal($"00-{_trace}-{request.SpanId.ToHexString()}-01", sent.Headers.GetValues("traceparent").Single());
        Assert.Equal("vendor=value", sent.Headers.GetValues("tracestate").Single());
        Assert.Equal((request.SpanId, request.TraceId), (dial!.ParentSpanId, dial.TraceId));
    }

    [Fact]
    public async Task Request_ThatFails_IsMarked()
    {
        using var listener = Listen();

        await ServeAsync(503);

        Assert.Equal(ActivityStatusCode.Error, Own.Single(static s => s.Kind == ActivityKind.Server).Status);
    }

    [Fact]
    public async Task Request_InsideASpanOfTheWebServersOwn_HasTheCallerAsParent()
    {
        using var listener = Listen();
        using var server = new Activity("server").Start();

        await ServeAsync(200);

        Assert.Equal(Caller, Own.Single(static s => s.Kind == ActivityKind.Server).ParentSpanId.ToHexString());
    }

    private static ActivityListener Listen(ConcurrentBag<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == GatewayTracing.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private ActivityListener Listen() => Listen(_spans);

    private async Task<(HttpRequestMessage Sent, Activity? Dial)> ServeAsync(int status)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Headers["traceparent"] = $"00-{_trace}-{Caller}-01";
        context.Request.Headers["tracestate"] = "vendor=value";
        var sent = new HttpRequestMessage();
        sent.Headers.Add("traceparent", context.Request.Headers["traceparent"].ToString());
        await _tracing.Around(http =>
        {
            GatewayTracing.PassOn(sent);
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        })(context);
        using var dial = _tracing.StartDial(sent, "alpha:443");
        return (sent, dial);
    }
}
