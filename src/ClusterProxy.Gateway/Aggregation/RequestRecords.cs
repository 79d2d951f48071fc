using ClusterProxy.Gateway.Authorization;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What is kept of requests when they are over: figures.</summary>
internal sealed class RequestRecords(RequestMetrics metrics, TimeProvider time)
{
    /// <summary>A timestamp for <see cref="End"/>.</summary>
    public long Begin() => time.GetTimestamp();

    public void End(HttpContext context, RequestRecord record, RequestTarget target, long started)
    {
        if (record.IsForwarded)
        {
            metrics.Forwarded(record, context.Response.StatusCode, time.GetElapsedTime(started));
        }
    }
}
