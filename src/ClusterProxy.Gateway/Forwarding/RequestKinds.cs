using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>Tells a request's kind as kube-apiserver does: by verb and subresource, not by what the caller says about it.</summary>
internal static class RequestKinds
{
    private static readonly string[] LongSubresources = ["attach", "exec", "proxy", "log", "portforward"];

    public static RequestKind Of(HttpContext context, string pathAndQuery) =>
        IsUpgrade(context) ? RequestKind.Upgrade : OfPath(pathAndQuery);

    public static string ToTag(this RequestKind kind) => kind switch
    {
        RequestKind.Short => "short",
        RequestKind.Watch => "watch",
        RequestKind.LongRunning => "long_running",
        RequestKind.Upgrade => "upgrade",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "a request kind without a name"),
    };

    private static bool IsUpgrade(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" })
        {
            return true;
        }

        var protocol = context.Request.Headers.Upgrade.ToString();
        return context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
            && (protocol.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase)
                || protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase));
    }

    private static RequestKind OfPath(string pathAndQuery)
    {
        var question = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? pathAndQuery : pathAndQuery[..question];
        var whole = question >= 0 && IsWatch(pathAndQuery.AsMemory(question)) ? RequestKind.Watch : RequestKind.Short;

        // /api/v1/… or /apis/<group>/<version>/…, then watch or proxy, or namespaces/<ns>/<resource>/<name>/<subresource>.
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var start = parts is ["api", ..] ? 2 : parts is ["apis", ..] ? 3 : parts.Length;
        if (start >= parts.Length)
        {
            return whole;
        }

        if (parts[start] is "watch" or "proxy")
        {
            return parts[start] == "watch" ? RequestKind.Watch : RequestKind.LongRunning;
        }

        var subresource = parts[start] == "namespaces" && parts.Length > start + 4 ? start + 4 : start + 2;
        return subresource < parts.Length && LongSubresources.Contains(parts[subresource], StringComparer.Ordinal)
            ? RequestKind.LongRunning
            : whole;
    }

    private static bool IsWatch(ReadOnlyMemory<char> query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (pair.DecodeName().Span is "watch" && pair.DecodeValue().Span is "" or "true" or "1" or "True" or "TRUE" or "t" or "T")
            {
                return true;
            }
        }

        return false;
    }
}
