using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// Removes whatever says or proves who sent a request once that is known, so that nothing behind this point can take it for true. The
/// spelling with underscores is the same header to servers that make variables of header names.
/// </summary>
internal static class ReceivedIdentityHeaders
{
    public static void Remove(IHeaderDictionary headers, FrontProxySettings? settings)
    {
        foreach (var name in headers.Keys.Where(n => IsIdentity(n.Replace('_', '-'), settings)).ToArray())
        {
            headers.Remove(name);
        }
    }

    private static bool IsIdentity(string name, FrontProxySettings? settings) =>
        IdentityHeaderNames.Includes(name)
        || (settings is not null
            && (settings.UserHeaders.Concat(settings.UidHeaders).Concat(settings.GroupHeaders).Any(h => Equals(name, h))
                || settings.ExtraPrefixes.Any(p => name.StartsWith(p.Replace('_', '-'), StringComparison.OrdinalIgnoreCase))));

    private static bool Equals(string name, string configured) =>
        name.Equals(configured.Replace('_', '-'), StringComparison.OrdinalIgnoreCase);
}
