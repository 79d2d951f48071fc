using System.Text;
using ClusterProxy.Hosting.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterProxy.Hosting.Endpoints;

/// <summary><c>/healthz</c>, <c>/readyz</c>, <c>/ready</c> and <c>/metrics</c>, worded as upstream words them.</summary>
public static class HealthEndpoints
{
    private static readonly string[] Readers = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Liveness says no more than that the process answers: a restart mends nothing that readiness reports.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes, HealthStyle style, IReadOnlyList<HealthCheck> readiness)
    {
        routes.MapMethods("/healthz", Readers, static context => context.WriteTextAsync("ok"));
        RequestDelegate ready = style == HealthStyle.Server
            ? context => ServerStyleAsync(context, readiness)
            : context => AgentStyleAsync(context, readiness);
        routes.MapMethods("/readyz", Readers, ready);
        routes.MapMethods("/ready", Readers, ready);
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes, PrometheusText metrics) => routes.MapMethods(
        "/metrics", Readers, context => context.WriteTextAsync(metrics.Render(), contentType: PrometheusText.ContentType));

    private static Task ServerStyleAsync(HttpContext context, IReadOnlyList<HealthCheck> checks)
    {
        var failure = checks.Select(static c => c.Probe()).FirstOrDefault(static f => f is not null);
        return failure is null
            ? context.WriteTextAsync("ok")
            : context.WriteTextAsync(failure, StatusCodes.Status500InternalServerError);
    }

    private static Task AgentStyleAsync(HttpContext context, IReadOnlyList<HealthCheck> checks)
    {
        var lines = new StringBuilder();
        var failed = false;
        foreach (var check in checks)
        {
            var failure = check.Probe();
            failed |= failure is not null;
            lines.Append(failure is null ? $"[+]{check.Name} ok\n" : $"[-]{check.Name} failed: {failure}\n");
        }

        if (failed)
        {
            return context.WriteTextAsync(lines.ToString(), StatusCodes.Status503ServiceUnavailable);
        }

        return context.WriteTextAsync(context.Request.Query.ContainsKey("verbose") ? lines.Append("check passed\n").ToString() : "ok");
    }
}
