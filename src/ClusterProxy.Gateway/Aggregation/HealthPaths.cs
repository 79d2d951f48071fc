using System.Text;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Kubernetes.Requests;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c> as API servers word them: <c>ok</c>, or 500 with a line a check. <c>?verbose</c>
/// lists the checks, <c>?exclude=NAME</c> leaves one out, <c>/readyz/NAME</c> asks one alone. For everybody, since kubelet has no
/// credential; but why a check fails names hosts and objects of the hub, and is for callers who are known.
/// </summary>
/// <param name="live">Of <c>/livez</c>.</param>
/// <param name="ready">Of <c>/readyz</c> and <c>/healthz</c>.</param>
/// <param name="authenticator">Asked only when a check fails.</param>
internal sealed class HealthPaths(IReadOnlyList<HealthCheck> live, IReadOnlyList<HealthCheck> ready, Authenticator authenticator)
{
    /// <returns>False when the path is none of these; else the answer is being written.</returns>
    public bool TryServe(HttpContext context, RequestTarget target, out Task answering)
    {
        var parts = target.Path.Split('/');
        var checks = parts is ["", var root, ..] && parts.Length <= 3
            ? root switch
            {
                "livez" => live,
                "healthz" or "readyz" => ready,
                _ => null,
            }
            : null;
        if (checks is not null)
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
        }

        answering = checks is null ? Task.CompletedTask
            : parts is not [_, _, { Length: > 0 } name] ? AnswerAsync(context, parts[1], target, checks)
            : name == "ping" ? AnswerAsync(context, parts[1], target, [])
            : checks.FirstOrDefault(c => c.Name == name) is { } check ? AnswerAsync(context, parts[1], target, [check])
            : context.WriteTextAsync($"there is no check {name}", StatusCodes.Status404NotFound);
        return checks is not null;
    }

    private async Task AnswerAsync(HttpContext context, string root, RequestTarget target, IReadOnlyList<HealthCheck> checks)
    {
        var excluded = target.Values("exclude").ToHashSet(StringComparer.Ordinal);
        var results = checks.Select(c => (c.Name, Failure: excluded.Contains(c.Name) ? null : c.Probe())).ToList();
        var hasFailed = results.Exists(static r => r.Failure is not null);
        var isTold = hasFailed && await IsKnownAsync(context);
        var lines = new StringBuilder("[+]ping ok\n");
        foreach (var (name, failure) in results)
        {
            lines.Append(
                excluded.Contains(name) ? $"[+]{name} excluded: ok\n"
                : failure is null ? $"[+]{name} ok\n"
                : $"[-]{name} failed: {(isTold ? failure : "reason withheld")}\n");
        }

        context.Response.Headers.CacheControl = "no-cache, private";
        await (hasFailed ? context.WriteTextAsync($"{lines}{root} check failed\n", StatusCodes.Status500InternalServerError)
            : target.Value("verbose") is not null ? context.WriteTextAsync($"{lines}{root} check passed\n")
            : context.WriteTextAsync("ok"));
    }

    /// <summary>False, too, when nobody can be asked: then the health port and the log say why a check fails.</summary>
    private async Task<bool> IsKnownAsync(HttpContext context)
    {
        try
        {
            return (await authenticator.AuthenticateAsync(context)).Caller is { Kind: not CallerKind.Anonymous };
        }
        catch (Exception e) when (e is ApiException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
