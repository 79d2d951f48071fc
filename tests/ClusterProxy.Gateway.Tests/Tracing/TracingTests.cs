using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using ClusterProxy.Gateway.Tests.Acceptance;
using ClusterProxy.Gateway.Tracing;

namespace ClusterProxy.Gateway.Tests.Tracing;

public sealed class TracingTests(GatewayBed bed) : IClassFixture<GatewayBed>
{
    private const string Caller = "00f067aa0ba902b7";

    [Fact]
    public async Task Request_WithACallersTrace_IsOneTraceFromCallerToTarget()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == GatewayTracing.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);

        await GetAsync(trace);

        var request = await Eventually.ObserveAsync(
            () => Task.FromResult(spans.SingleOrDefault(s => s.TraceId.ToHexString() == trace && s.Kind == ActivityKind.Server)), static s => s is not null);
        Assert.Equal(Caller, request!.ParentSpanId.ToHexString());
        var seen = await bed.Managed.WaitForRequestAsync(r => r.Query.Contains(trace, StringComparison.Ordinal)).DefaultTimeout();
        Assert.Equal($"00-{trace}-{request.SpanId.ToHexString()}-01", seen.Headers["traceparent"]);
        Assert.Equal("vendor=value", seen.Headers["tracestate"]);
        Assert.All(
            spans.Where(s => s.TraceId.ToHexString() == trace && s.Kind == ActivityKind.Client), s => Assert.Equal(request.SpanId, s.ParentSpanId));
    }

    [Fact]
    public async Task Request_WhileNobodyListens_PassesTheCallersContextOn()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();

        await GetAsync(trace);

        var seen = await bed.Managed.WaitForRequestAsync(r => r.Query.Contains(trace, StringComparison.Ordinal)).DefaultTimeout();
        Assert.Equal($"00-{trace}-{Caller}-01", seen.Headers["traceparent"]);
    }

    private async Task GetAsync(string trace)
    {
        using var client = bed.Client(1);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(bed.Url, $"{GatewayBed.Prefix}/healthz?{trace}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", GatewayBed.Alice);
        request.Headers.Add("traceparent", $"00-{trace}-{Caller}-01");
        request.Headers.Add("tracestate", "vendor=value");
        using var answer = await client.SendAsync(request).DefaultTimeout();
        Assert.True(answer.IsSuccessStatusCode);
    }
}
