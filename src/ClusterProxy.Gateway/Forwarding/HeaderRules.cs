using System.Collections.Frozen;
using ClusterProxy.Gateway.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// Which headers pass, in both directions: the only place that decides it. Names are compared without regard to case and with
/// underscores read as hyphens, since some servers take <c>X_Remote_User</c> for <c>X-Remote-User</c>.
/// <para>Of a request never pass</para>
/// <list type="bullet">
/// <item>whatever says who the caller is: <c>Authorization</c>, <c>X-Remote-*</c>, <c>Impersonate-*</c>, and the WebSocket
/// subprotocol with a token in it;</item>
/// <item>cookies: they belong to the gateway's host, which all clusters share, so one cluster would see what another or the hub set;</item>
/// <item>whatever concerns one connection only (RFC 9110, 7.6.1), and what <c>Connection</c> names;</item>
/// <item>trailers, which the forwarder does not read.</item>
/// </list>
/// <para>Of an answer never pass</para>
/// <list type="bullet">
/// <item>whatever concerns one connection only;</item>
/// <item><c>Location</c> and <c>Refresh</c>, which would send the caller, and the caller's credential, to a place of the cluster's choice;</item>
/// <item>what speaks for the gateway's host: cookies, <c>Alt-Svc</c>, <c>Strict-Transport-Security</c>, <c>Clear-Site-Data</c>, and the
/// permissions of CORS, which kube-apiserver strips from aggregated answers too.</item>
/// </list>
/// </summary>
internal static class HeaderRules
{
    public const string WebSocketProtocols = "Sec-WebSocket-Protocol";

    private static readonly FrozenSet<string> OfOneConnection = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings");

    private static readonly FrozenSet<string> NotOfRequests = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Cookie", "Cookie2", "Host", "Expect", "Max-Forwards", "Via", "X-Forwarded-For");

    private static readonly FrozenSet<string> NotOfAnswers = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Location", "Refresh", "Set-Cookie", "Set-Cookie2", "Alt-Svc", "Strict-Transport-Security", "Clear-Site-Data", "Public-Key-Pins");

    /// <summary>
    /// Names that <c>Connection</c> lists, as they compare. Kestrel forgets them when the list also has one of the words it knows, such as
    /// <c>keep-alive</c>; so this is a courtesy toward whoever sends them, and nothing that guards the caller's identity hangs on it.
    /// </summary>
    public static HashSet<string> NamedByConnection(StringValues connection)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var value in connection)
        {
            foreach (var name in (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                names.Add(Comparable(name));
            }
        }

        return names;
    }

    /// <param name="name">As the caller spelled it.</param>
    /// <param name="named">From <see cref="NamedByConnection"/>.</param>
    public static bool PassesInRequest(string name, HashSet<string> named)
    {
        var comparable = Comparable(name);

        // ":" begins what Kestrel makes of HTTP/2's pseudo-headers.
        return !name.StartsWith(':')
            && !OfOneConnection.Contains(comparable)
            && !NotOfRequests.Contains(comparable)
            && !named.Contains(comparable)
            && !IdentityHeaderNames.Includes(comparable);
    }

    /// <inheritdoc cref="PassesInRequest"/>
    public static bool PassesInAnswer(string name, HashSet<string> named)
    {
        var comparable = Comparable(name);
        return !OfOneConnection.Contains(comparable)
            && !NotOfAnswers.Contains(comparable)
            && !named.Contains(comparable)
            && !comparable.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The subprotocols that a caller offers, without one that is a token; empty when none is left.</summary>
    public static StringValues WithoutToken(StringValues protocols)
    {
        if (!protocols.Any(static line => line?.Contains(BearerToken.Subprotocol, StringComparison.OrdinalIgnoreCase) == true))
        {
            return protocols;
        }

        var left = protocols
            .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(static p => !p.StartsWith(BearerToken.Subprotocol, StringComparison.OrdinalIgnoreCase));
        return string.Join(", ", left) is { Length: > 0 } text ? text : StringValues.Empty;
    }

    /// <summary>Where the request came from, appended to what it says itself: a hint for the cluster's audit log, no identity.</summary>
    public static StringValues ForwardedFor(HttpContext context)
    {
        var before = context.Request.Headers["X-Forwarded-For"].ToString();
        var here = context.Connection.RemoteIpAddress is { } address
            ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
            : "";
        return before.Length == 0 ? here : here.Length == 0 ? before : $"{before}, {here}";
    }

    private static string Comparable(string name) => name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
}
