using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>Reads Kubernetes' Impersonate-* headers.</summary>
internal static class ImpersonationHeaders
{
    private const string Prefix = "Impersonate-";

    /// <summary>Null when no header begins like one of them, in either spelling.</summary>
    public static WantedIdentity? Read(IHeaderDictionary headers)
    {
        if (!headers.Keys.Any(static n => n.Replace('_', '-').StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        // More than one name is none: it would mean another person to somebody else.
        return new WantedIdentity(
            headers["Impersonate-User"] is [{ } user] ? user : "",
            headers["Impersonate-Uid"].ToString(),
            [.. headers["Impersonate-Group"].OfType<string>()],
            ExtraHeaders.Read(headers, ["Impersonate-Extra-"]));
    }
}
