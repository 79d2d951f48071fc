using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>What goes wrong with the next requests that match.</summary>
/// <param name="breakConnection">Cuts the connection of that id.</param>
public sealed class ApiFaults(Action<string> breakConnection)
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];

    /// <summary>Answers with this status and a Status body, and nothing happens to any object.</summary>
    public void Answer(Func<RecordedRequest, bool> matches, int status, string? retryAfter = null, int times = 1) => Add(matches, times, context =>
    {
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        var reason = status switch { 401 => "Unauthorized", 403 => "Forbidden", 429 => "TooManyRequests", 500 => "InternalError", _ => "ServiceUnavailable" };
        throw new ApiErrorException(status, reason, $"told to answer {status}");
    });

    /// <summary>Cuts the connection, with all that runs on it, instead of answering.</summary>
    public void Break(Func<RecordedRequest, bool> matches, int times = 1) => Add(matches, times, context =>
    {
        breakConnection(context.Connection.Id);
        return Task.FromResult(true);
    });

    /// <summary>Answers with bytes of one's own.</summary>
    public void Say(Func<RecordedRequest, bool> matches, int status, string contentType, string body, int times = 1) => Add(matches, times, async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body, context.RequestAborted);
        return true;
    });

    /// <summary>Holds the request until the point lets it on; then it is served as usual.</summary>
    public void Hold(Func<RecordedRequest, bool> matches, SyncPoint point, int times = 1) => Add(matches, times, async context =>
    {
        await point.WaitToContinueAsync(context.RequestAborted);
        return false;
    });

    /// <summary>True when the fault has answered.</summary>
    internal async Task<bool> ApplyAsync(RecordedRequest request, HttpContext context)
    {
        Fault? fault;
        lock (_gate)
        {
            fault = _faults.Find(f => f.Times > 0 && f.Matches(request));
            if (fault is not null)
            {
                fault.Times--;
            }
        }

        return fault is not null && await fault.ActAsync(context);
    }

    private void Add(Func<RecordedRequest, bool> matches, int times, Func<HttpContext, Task<bool>> act)
    {
        lock (_gate)
        {
            _faults.Add(new Fault(matches, act) { Times = times });
        }
    }

    private sealed class Fault(Func<RecordedRequest, bool> matches, Func<HttpContext, Task<bool>> act)
    {
        public int Times { get; set; }

        public bool Matches(RecordedRequest request) => matches(request);

        public Task<bool> ActAsync(HttpContext context) => act(context);
    }
}
