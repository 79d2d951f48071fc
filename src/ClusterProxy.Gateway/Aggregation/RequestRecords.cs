using System.Diagnostics;
using ClusterProxy.Gateway.Audit;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Hosting.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What is kept of requests when they are over: figures, and a line of the audit; of an upgrade a line as it begins, too.</summary>
/// <param name="metrics">Counts what was forwarded.</param>
/// <param name="audit">Null when there is none.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestRecords(RequestMetrics metrics, AuditQueue<RequestEntry>? audit, TimeProvider time)
{
    /// <summary>A timestamp for <see cref="End"/>.</summary>
    public long Begin() => time.GetTimestamp();

    /// <summary>The audit hears of an upgrade when it begins, and not only when it is over.</summary>
    public void Follow(HttpContext context, RequestRecord record, RequestTarget target, long started)
    {
        if (audit is not null && ProxiedRequests.IsUpgrade(context))
        {
            context.Response.OnStarting(() =>
            {
                if (record.IsForwarded && IsUpgraded(context))
                {
                    Write(audit, Entry(RequestEvent.Upgrade, context, record, target, time.GetElapsedTime(started)));
                }

                return Task.CompletedTask;
            });
        }
    }

    public void End(HttpContext context, RequestRecord record, RequestTarget target, long started)
    {
        var elapsed = time.GetElapsedTime(started);
        if (record.IsForwarded)
        {
            metrics.Forwarded(record, context.Response.StatusCode, elapsed);
        }

        // Discovery, which every client reads all day, is of interest only where it was refused.
        if (audit is not null && (record.Access is not null || record.IsForwarded || record.Refusal.Length > 0))
        {
            Write(audit, Entry(RequestEvent.Request, context, record, target, elapsed));
        }
    }

    private RequestEntry Entry(RequestEvent what, HttpContext context, RequestRecord record, RequestTarget target, TimeSpan elapsed) => new(
        what,
        time.GetUtcNow(),
        record,
        context.Request.Method,
        target.Path,
        $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}",
        context.Request.Headers["Audit-ID"].ToString(),
        Activity.Current?.TraceId.ToHexString() ?? "",
        IsUnanswered(context) ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode,
        elapsed);

    /// <summary>HTTP/2 says yes to an extended CONNECT with 200.</summary>
    private static bool IsUpgraded(HttpContext context) => context.Response.StatusCode ==
        (context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true
            ? StatusCodes.Status200OK
            : StatusCodes.Status101SwitchingProtocols);

    private static bool IsUnanswered(HttpContext context) => !context.Response.HasStarted && context.RequestAborted.IsCancellationRequested;

    /// <summary>Whoever is nobody has no right to crowd others out.</summary>
    private static void Write(AuditQueue<RequestEntry> audit, RequestEntry entry)
    {
        if (entry.Record.Caller is null or { Kind: CallerKind.Anonymous })
        {
            audit.WriteOfStranger(entry);
        }
        else
        {
            audit.Write(entry);
        }
    }
}
