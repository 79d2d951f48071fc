using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterProxy.Hosting.Endpoints;

/// <summary>
/// What only operators on the machine may see. The paths are those of Go's pprof, so that habits and probes work; the content is what
/// this runtime can honestly give, and what it cannot is answered with the tool that can.
/// </summary>
public static class AdminEndpoints
{
    private const string Index =
        """
        Diagnostics of this process. It is a .NET process: there are no Go profiles here.

        /debug/pprof/goroutine  thread pool: threads, queue, completed work
        /debug/pprof/heap       garbage collector: heap, generations, pauses

        For profiles, traces and heap dumps use dotnet-trace, dotnet-counters and dotnet-gcdump with the process id
        """;

    /// <summary>As upstream's agent: metrics moved to the health port.</summary>
    public static void MapMetricsRedirect(this IEndpointRouteBuilder routes, Func<int> healthPort) =>
        routes.MapGet("/metrics", (RequestDelegate)(context =>
        {
            var target = new UriBuilder(Uri.UriSchemeHttp, context.Request.Host.Host, healthPort(), "/metrics");
            context.Response.Redirect(target.Uri.ToString(), permanent: true);
            return Task.CompletedTask;
        }));

    /// <summary>Only call this when profiling was asked for.</summary>
    public static void MapDiagnostics(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/debug/pprof", (RequestDelegate)IndexAsync);
        routes.MapGet("/debug/pprof/goroutine", (RequestDelegate)(static context => context.WriteTextAsync(RuntimeReport.Threads())));
        routes.MapGet("/debug/pprof/heap", (RequestDelegate)(static context => context.WriteTextAsync(RuntimeReport.Memory())));
        routes.MapGet("/debug/pprof/{profile}", (RequestDelegate)(static context => context.WriteTextAsync(
            $"There is no such profile in a .NET process.\n\n{Index} {Environment.ProcessId}.\n", StatusCodes.Status404NotFound)));
    }

    private static Task IndexAsync(HttpContext context)
    {
        if (!context.Request.Path.Value!.EndsWith('/'))
        {
            context.Response.Redirect("/debug/pprof/", permanent: true);
            return Task.CompletedTask;
        }

        return context.WriteTextAsync($"{Index} {Environment.ProcessId}.\n");
    }
}
