using System.Collections.Immutable;
using ClusterProxy.Protocol.Messages;
using Google.Protobuf;

namespace ClusterProxy.Protocol.Fleet;

/// <summary>The servers that there are, and which of them an agent keeps tunnels to. Normative text: proto/README.md, section "servers".</summary>
/// <param name="Servers">None when nobody says which there are.</param>
/// <param name="FanOut">How many tunnels an agent keeps; 0 for one to each server.</param>
/// <param name="Key">What the agent's servers are chosen by when it does not keep all.</param>
internal sealed record ServerSet(ImmutableArray<FleetServer> Servers, int FanOut = 0, string Key = "")
{
    /// <summary>More than any fleet has replicas; it bounds what a peer can make the other side do.</summary>
    public const int MaxServers = 256;

    private const int MaxNameLength = 253;
    private const int GreatestPort = 65535;

    public static ServerSet None { get; } = new([]);

    public bool IsEmpty => Servers.IsEmpty;

    /// <summary>As a peer said it; what cannot be meant is left out.</summary>
    public static ServerSet From(ServerList list) => new(
        [.. list.Servers.Take(MaxServers).Where(IsUsable).Select(static s => new FleetServer(s.Id, s.Host, s.Port, s.CertificateName)).Distinct()],
        Math.Max(list.FanOut, 0),
        list.Key);

    /// <param name="value">Of the header; empty for none.</param>
    /// <returns>No servers when the value cannot be read: a list that is only advice does not cost the tunnel.</returns>
    public static ServerSet FromHeader(string value)
    {
        var padded = value.PadRight((value.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        if (!Convert.TryFromBase64String(padded, bytes, out var length))
        {
            return None;
        }

        try
        {
            return From(ServerList.Parser.ParseFrom(bytes, 0, length));
        }
        catch (InvalidProtocolBufferException)
        {
            return None;
        }
    }

    public ServerList ToMessage() => new()
    {
        Servers =
        {
            Servers.Select(static s => new ListedServer { Id = s.Id, Host = s.Host, Port = s.Port, CertificateName = s.CertificateName }),
        },
        FanOut = FanOut,
        Key = Key,
    };

    /// <summary>Without padding, as gRPC asks for.</summary>
    public string ToHeader() => Convert.ToBase64String(ToMessage().ToByteArray()).TrimEnd('=');

    public bool Equals(ServerSet? other) =>
        other is not null && FanOut == other.FanOut && Key == other.Key && Servers.SequenceEqual(other.Servers);

    public override int GetHashCode() => HashCode.Combine(Servers.Length, FanOut, Key);

    private static bool IsUsable(ListedServer server) =>
        server.Host.Length is > 0 and <= MaxNameLength
        && server.CertificateName.Length <= MaxNameLength
        && server.Id.Length <= MaxNameLength
        && server.Port is > 0 and <= GreatestPort;
}
