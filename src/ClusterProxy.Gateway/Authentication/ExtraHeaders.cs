using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>Headers whose name carries a key behind a prefix, as X-Remote-Extra-Scopes and Impersonate-Extra-Scopes do.</summary>
internal static class ExtraHeaders
{
    /// <summary>Keys are made lower case, then percent-decoded; one that is no percent-encoding stays as it is.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(IHeaderDictionary headers, IReadOnlyList<string> prefixes)
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (name, values) in headers)
        {
            if (prefixes.FirstOrDefault(p => name.Length > p.Length && name.StartsWith(p, StringComparison.OrdinalIgnoreCase)) is { } prefix)
            {
                var key = Uri.UnescapeDataString(name[prefix.Length..].ToLowerInvariant());
                extra[key] = [.. extra.GetValueOrDefault(key) ?? [], .. values.OfType<string>()];
            }
        }

        return extra;
    }
}
