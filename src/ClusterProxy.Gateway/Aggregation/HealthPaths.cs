using System.Text;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Hosting.Endpoints;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c> as API servers word them: <c>ok</c>, or 500 with a line a check. <c>?verbose</c>
/// lists the checks, <c>?exclude=NAME</c> leaves one out, <c>/readyz/NAME</c> asks one alone. For everybody: they hold no secrets, and
/// kubelet has no credential.
/// </summary>
internal sealed class HealthPaths(IReadOnlyList<HealthCheck> live, IReadOnlyList<HealthCheck> ready)
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

    private static Task AnswerAsync(HttpContext context, string root, RequestTarget target, IReadOnlyList<HealthCheck> checks)
    {
        var excluded = target.Values("exclude").ToHashSet(StringComparer.Ordinal);
        var lines = new StringBuilder("[+]ping ok\n");
        var failed = false;
        foreach (var check in checks)
        {
            var failure = excluded.Contains(check.Name) ? null : check.Probe();
            failed |= failure is not null;
            lines.Append(
                excluded.Contains(check.Name) ? $"[+]{check.Name} excluded: ok\n"
                : failure is null ? $"[+]{check.Name} ok\n"
                : $"[-]{check.Name} failed: {failure}\n");
        }

        context.Response.Headers.CacheControl = "no-cache, private";
        return failed ? context.WriteTextAsync($"{lines}{root} check failed\n", StatusCodes.Status500InternalServerError)
            : target.Value("verbose") is not null ? context.WriteTextAsync($"{lines}{root} check passed\n")
            : context.WriteTextAsync("ok");
    }
}
