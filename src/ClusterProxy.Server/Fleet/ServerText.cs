using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Fleet;

/// <summary>How people write servers: <c>ID=HOST:PORT</c>.</summary>
internal static class ServerText
{
    public static FlagType<FleetServer> FlagType { get; } = new(
        "server", TryParse, static s => s.ToString(),
        "is not a server: write ID=HOST:PORT, with the --server-id and the address at which agents reach it, such as a=hub-a.example.com:8091");

    /// <summary>Ids go into a header of their own, so they are of printable characters, and commas part them in lists.</summary>
    public static bool TryParse(string text, [MaybeNullWhen(false)] out FleetServer server)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        server = equals > 0 && text.AsSpan(0, equals).IndexOfAnyExceptInRange('!', '~') < 0
            && DialTarget.TryParse(text[(equals + 1)..], out var target)
            ? new FleetServer(text[..equals], target.Host, target.Port)
            : null;
        return server is not null;
    }

    /// <summary>Why these cannot be one fleet; null when they can.</summary>
    public static string? Objection(IReadOnlyCollection<FleetServer> servers) =>
        servers.Count > ServerSet.MaxServers ? $"names {servers.Count} servers: write at most {ServerSet.MaxServers}"
        : servers.CountBy(static s => s.Id, StringComparer.Ordinal).FirstOrDefault(static c => c.Value > 1).Key is { } twice
            ? $"names the server \"{twice}\" twice: write each --server-id once"
        : servers.CountBy(static s => s.Address, StringComparer.Ordinal).FirstOrDefault(static c => c.Value > 1).Key is { } same
            ? $"gives the address {same} to two servers: agents must reach each of them"
        : null;
}
