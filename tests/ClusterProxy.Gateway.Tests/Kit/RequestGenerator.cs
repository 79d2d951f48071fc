using System.Globalization;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>
/// Requests of a caller who wants to be somebody else in the cluster: every spelling of every identity header, names in Connection,
/// trailers, tokens in subprotocols, and requests inside bodies. Each has a number in its path.
/// </summary>
internal sealed class RequestGenerator(SeededRandom random)
{
    private static readonly string[] Identity =
    [
        "Authorization", "X-Remote-User", "X-Remote-Group", "X-Remote-Uid", "X-Remote-Extra-Scopes", "X-Remote-Extra-a%2Fb",
        "Impersonate-User", "Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-Scopes", "Impersonate-Extra-a%2fb", "Cookie",
        "Proxy-Authorization",
    ];

    private static readonly string[] Values =
    [
        "root", "system:admin", "system:masters", "Bearer evil", "Basic ZXZpbDpldmls", "evil", "0", "", "evil, system:masters", "evil\tx",
    ];

    private static readonly string[] Others =
    [
        "Accept: application/json", "User-Agent: kubectl", "Accept-Encoding: gzip", "X-Stream-Protocol-Version: v4.channel.k8s.io",
        "Audit-ID: 1", "X-Forwarded-For: 10.0.0.1", "TE: trailers", "Keep-Alive: timeout=5", "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.ZXZpbA, v5.channel.k8s.io",
        "Sec-WebSocket-Protocol: v5.channel.k8s.io", "Expect: 100-continue", "Trailer: Impersonate-User", "Content-Type: application/json",
    ];

    private static readonly string[] Paths =
    [
        "/api/v1/namespaces/d/pods", "/api/v1/pods?watch=true", "/apis/apps/v1/deployments?limit=1", "/version", "//double//slash/", "/a%2Fb/c",
        "/api/v1/namespaces/d/services/x:80/proxy/y",
    ];

    public string Next(int number)
    {
        var method = random.Next(3) == 0 ? "POST" : random.Next(2) == 0 ? "PUT" : "GET";
        var path = Paths[random.Next(Paths.Length)];
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{method} /alpha{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}n={number} HTTP/1.1\r\nHost: g\r\n");
        var lines = new List<string>();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            lines.Add($"{Spell(Identity[random.Next(Identity.Length)])}: {Values[random.Next(Values.Length)]}");
        }

        for (var i = random.Next(0, 4); i > 0; i--)
        {
            lines.Add(Others[random.Next(Others.Length)]);
        }

        if (random.Next(4) == 0)
        {
            lines.Add($"Connection: {Spell(Identity[random.Next(Identity.Length)])}, X-Evil");
            lines.Add("X-Evil: 1");
        }

        foreach (var line in lines.OrderBy(_ => random.Next()))
        {
            head.Append(line).Append("\r\n");
        }

        return head.Append(method == "GET" ? "\r\n" : Body()).ToString();
    }

    private string Body()
    {
        var inner = $"{(random.Next(2) == 0 ? "\r\n0\r\n\r\n" : "")}GET /smuggled?n=-1 HTTP/1.1\r\nHost: x\r\n{Spell("X-Remote-User")}: root\r\n\r\n";
        if (random.Next(2) == 0)
        {
            return $"Content-Length: {inner.Length}\r\n\r\n{inner}";
        }

        var extension = random.Next(2) == 0 ? ";a=\"b\"" : "";
        var trailer = random.Next(2) == 0 ? $"{Spell("Impersonate-User")}: root\r\n" : "";
        return $"Transfer-Encoding: chunked\r\n\r\n{inner.Length:x}{extension}\r\n{inner}\r\n0\r\n{trailer}\r\n";
    }

    /// <summary>Another case, and underscores for hyphens, here and there.</summary>
    private string Spell(string name) => string.Concat(name.Select(c => (c, random.Next(4)) switch
    {
        ('-', 0) => '_',
        (_, 1) => char.ToUpperInvariant(c),
        (_, 2) => char.ToLowerInvariant(c),
        _ => c,
    }));
}
