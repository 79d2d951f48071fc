using System.Collections.Immutable;

namespace ClusterProxy.Protocol;

/// <summary>
/// What an agent says it can be reached by: a URL query string such as <c>host=a&amp;host=b&amp;ipv4=1.2.3.4&amp;default-route=true</c>.
/// </summary>
internal sealed record AgentIdentifiers
{
    private static readonly string[] KnownTypes = ["ipv4", "ipv6", "host", "cidr", "default-route"];

    public static AgentIdentifiers None { get; } = new();

    public ImmutableArray<string> IPv4 { get; init; } = [];

    public ImmutableArray<string> IPv6 { get; init; } = [];

    public ImmutableArray<string> Host { get; init; } = [];

    /// <summary>Parsed because upstream does; no strategy uses it.</summary>
    public ImmutableArray<string> Cidr { get; init; } = [];

    /// <summary>Whether the agent serves destinations that no other agent claims. The first value counts.</summary>
    public bool DefaultRoute { get; init; }

    /// <summary>Types that are no identifier: a server skips them, an agent refuses to start with them.</summary>
    public ImmutableArray<string> UnknownTypes { get; init; } = [];

    /// <summary>Every value that the destHost strategy matches against.</summary>
    public IEnumerable<string> Destinations => [.. IPv4, .. IPv6, .. Host];

    /// <summary>Each as <c>type=value</c>.</summary>
    public IEnumerable<string> Texts =>
    [
        .. IPv4.Select(static v => $"ipv4={v}"),
        .. IPv6.Select(static v => $"ipv6={v}"),
        .. Cidr.Select(static v => $"cidr={v}"),
        .. DefaultRoute ? ["default-route=true"] : (string[])[],
        .. Host.Select(static v => $"host={v}"),
    ];

    /// <summary>Parses the string as Go's URL query parser does: ';' and bad escapes are errors.</summary>
    /// <param name="query">May be empty.</param>
    /// <param name="identifiers">The result.</param>
    /// <param name="error">What is wrong with which part, when the result is false.</param>
    public static bool TryParse(string query, out AgentIdentifiers identifiers, out string error)
    {
        identifiers = None;
        error = "";
        var values = new List<(string Type, string Value)>();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "" : pair[(equals + 1)..];
            if (pair.Contains(';', StringComparison.Ordinal))
            {
                error = $"invalid semicolon in agent identifiers \"{pair}\"; separate them by '&'";
                return false;
            }

            if (!TryUnescape(key, out key) || !TryUnescape(value, out value))
            {
                error = $"invalid percent escape in agent identifiers \"{pair}\"";
                return false;
            }

            values.Add((key, value));
        }

        ImmutableArray<string> Of(string type) => [.. values.Where(v => v.Type == type).Select(v => v.Value)];
        identifiers = new AgentIdentifiers
        {
            IPv4 = Of("ipv4"),
            IPv6 = Of("ipv6"),
            Host = Of("host"),
            Cidr = Of("cidr"),
            DefaultRoute = Of("default-route") is [var first, ..] && first is "1" or "t" or "T" or "TRUE" or "true" or "True",
            UnknownTypes = [.. values.Select(v => v.Type).Where(t => !KnownTypes.Contains(t)).Distinct()],
        };
        return true;
    }

    private static bool TryUnescape(string text, out string result)
    {
        result = text.Replace('+', ' ');
        for (var i = result.IndexOf('%', StringComparison.Ordinal); i >= 0; i = result.IndexOf('%', i + 1))
        {
            if (i + 2 >= result.Length || !char.IsAsciiHexDigit(result[i + 1]) || !char.IsAsciiHexDigit(result[i + 2]))
            {
                return false;
            }
        }

        result = Uri.UnescapeDataString(result);
        return true;
    }
}
