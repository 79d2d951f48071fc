using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>Reads whom a front proxy speaks for. Only for requests of a front proxy that has proved to be one.</summary>
internal static class FrontProxyHeaders
{
    /// <param name="headers">Of the request.</param>
    /// <param name="settings">Which headers.</param>
    /// <param name="problem">Why there is nobody; empty when no header names anybody, which is no fault.</param>
    public static Caller? Read(IHeaderDictionary headers, FrontProxySettings settings, out string problem)
    {
        problem = "";
        string? user = null;
        foreach (var name in settings.UserHeaders)
        {
            // Two names would mean one person here and another one elsewhere.
            if (headers[name] is { Count: > 1 })
            {
                problem = $"{name} came more than once";
                return null;
            }

            user ??= headers[name] is [{ Length: > 0 } value] ? value : null;
        }

        if (user is null)
        {
            return null;
        }

        return new Caller(CallerKind.FrontProxy, user)
        {
            Uid = settings.UidHeaders.Select(n => headers[n].ToString()).FirstOrDefault(static v => v.Length > 0) ?? "",
            Groups = [.. settings.GroupHeaders.SelectMany(n => headers[n]).OfType<string>().Where(static g => g.Length > 0)],
            Extra = ExtraHeaders.Read(headers, settings.ExtraPrefixes),
        }.WithAuthenticatedGroup();
    }
}
