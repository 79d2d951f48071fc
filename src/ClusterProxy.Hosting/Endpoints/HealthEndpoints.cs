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
    /// <param name="routes">Of the health port.</param>
    /// <param name="style">Whose wording.</param>
    /// <param name="readiness">All must be well.</param>
    /// <param name="warnings">Sentences that stand behind an <c>ok</c>: they need an operator and do not take the process out of use.</param>
    public static void MapHealth(
        this IEndpointRouteBuilder routes, HealthStyle style, IReadOnlyList<HealthCheck> readiness, Func<IReadOnlyList<string>>? warnings = null)
    {
        var warn = warnings ?? (static () => []);
        routes.MapMethods("/healthz", Readers, static context => context.WriteTextAsync("ok"));
        RequestDelegate ready = style == HealthStyle.Server
            ? context => ServerStyleAsync(context, readiness, warn)
            : context => AgentStyleAsync(context, readiness, warn);
        routes.MapMethods("/readyz", Readers, ready);
        routes.MapMethods("/ready", Readers, ready);
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes, PrometheusText metrics) => routes.MapMethods(
        "/metrics", Readers, context => context.WriteTextAsync(metrics.Render(), contentType: PrometheusText.ContentType));

    private static Task ServerStyleAsync(HttpContext context, IReadOnlyList<HealthCheck> checks, Func<IReadOnlyList<string>> warnings)
    {
        var failure = checks.Select(static c => c.Probe()).FirstOrDefault(static f => f is not null);
        return failure is null
            ? context.WriteTextAsync(WithWarnings("ok", warnings()))
            : context.WriteTextAsync(failure, StatusCodes.Status500InternalServerError);
    }

    private static Task AgentStyleAsync(HttpContext context, IReadOnlyList<HealthCheck> checks, Func<IReadOnlyList<string>> warnings)
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

        return context.WriteTextAsync(
            WithWarnings(context.Request.Query.ContainsKey("verbose") ? lines.Append("check passed\n").ToString() : "ok", warnings()));
    }

    /// <summary>The body is exactly upstream's when there is nothing to warn of.</summary>
    private static string WithWarnings(string text, IReadOnlyList<string> warnings) => warnings.Count == 0
        ? text
        : text.TrimEnd('\n') + "\n" + string.Concat(warnings.Select(static w => $"warning: {w}\n"));
}
