using System.Net;
using System.Text;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// The proxy between this agent and its servers, from <c>HTTPS_PROXY</c> and <c>NO_PROXY</c> as Go programs read them: lower
/// case counts too, and localhost and loopback addresses never go through it.
/// </summary>
internal sealed class EgressProxy
{
    private readonly IReadOnlyList<NoProxyRule> _exceptions;

    private EgressProxy(string host, int port, string? authorization, IReadOnlyList<NoProxyRule> exceptions)
    {
        Host = host;
        Port = port;
        Authorization = authorization;
        _exceptions = exceptions;
    }

    public static EgressProxy None { get; } = new("", 0, null, []);

    public string Host { get; }

    public int Port { get; }

    /// <summary>The value of Proxy-Authorization; null without credentials.</summary>
    public string? Authorization { get; }

    /// <param name="variable">Reads the environment.</param>
    /// <exception cref="FormatException">The proxy's URL cannot be used.</exception>
    public static EgressProxy FromEnvironment(Func<string, string?> variable)
    {
        var value = NotEmpty(variable("HTTPS_PROXY")) ?? NotEmpty(variable("https_proxy"));
        if (value is null)
        {
            return None;
        }

        var text = value.Contains("://", StringComparison.Ordinal) ? value : "http://" + value;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            throw new FormatException("HTTPS_PROXY is no URL; write it as http://host:port");
        }

        if (url.Scheme != "http")
        {
            throw new FormatException($"HTTPS_PROXY has the scheme {url.Scheme}; only http:// proxies are supported");
        }

        var exceptions = NotEmpty(variable("NO_PROXY")) ?? NotEmpty(variable("no_proxy")) ?? "";
        return new EgressProxy(
            url.Host.Trim('[', ']'), url.Port, Basic(url.UserInfo),
            [.. exceptions.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(NoProxyRule.Parse)]);
    }

    public bool AppliesTo(ServerAddress server)
    {
        if (Host.Length == 0 || server.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var address = IPAddress.TryParse(server.Host, out var literal) ? literal : null;
        return (address is null || !IPAddress.IsLoopback(address)) && !_exceptions.Any(e => e.Matches(server, address));
    }

    public override string ToString() => Targets.TargetAddress.Join(Host, Port);

    private static string? NotEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static string? Basic(string userInfo)
    {
        if (userInfo.Length == 0)
        {
            return null;
        }

        var colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        var user = Uri.UnescapeDataString(colon < 0 ? userInfo : userInfo[..colon]);
        var password = colon < 0 ? "" : Uri.UnescapeDataString(userInfo[(colon + 1)..]);
        return "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
    }
}
