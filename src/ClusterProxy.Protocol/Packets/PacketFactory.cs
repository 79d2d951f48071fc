using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol.Packets;

/// <summary>Builds each kind of packet but DATA; the only place that sets type and payload together.</summary>
internal static class PacketFactory
{
    /// <param name="protocol">tcp.</param>
    /// <param name="address">Host and port.</param>
    /// <param name="random">The dial id.</param>
    /// <param name="traceparent">Ours: W3C trace context.</param>
    /// <param name="tracestate">Ours: likewise.</param>
    public static Packet DialRequest(string protocol, string address, long random, string traceparent = "", string tracestate = "") => new()
    {
        Type = PacketType.DialReq,
        DialRequest = new DialRequest { Protocol = protocol, Address = address, Random = random, Traceparent = traceparent, Tracestate = tracestate },
    };

    public static Packet DialResponse(long random, long connectId) => new()
    {
        Type = PacketType.DialRsp,
        DialResponse = new DialResponse { Random = random, ConnectID = connectId },
    };

    public static Packet DialResponse(long random, string error) => new()
    {
        Type = PacketType.DialRsp,
        DialResponse = new DialResponse { Random = random, Error = error },
    };

    /// <param name="connectId">The connection.</param>
    /// <param name="cut">Ours: the dialer's side broke, so bytes are missing.</param>
    public static Packet CloseRequest(long connectId, bool cut = false) => new()
    {
        Type = PacketType.CloseReq,
        CloseRequest = new CloseRequest { ConnectID = connectId, Cut = cut },
    };

    public static Packet CloseResponse(long connectId, string error = "") => new()
    {
        Type = PacketType.CloseRsp,
        CloseResponse = new CloseResponse { ConnectID = connectId, Error = error },
    };

    /// <summary>Ours: the sender will send no more DATA for the connection and still reads.</summary>
    public static Packet HalfClose(long connectId) => new()
    {
        Type = PacketType.HalfClose,
        CloseRequest = new CloseRequest { ConnectID = connectId },
    };

    /// <summary>Ours: the peer may send <paramref name="bytes"/> more of the connection; with 0, the sender has run out.</summary>
    public static Packet Credit(long connectId, long bytes) => new()
    {
        Type = PacketType.Credit,
        Credit = new Credit { ConnectID = connectId, Bytes = bytes },
    };

    /// <summary>Ours: asks for an answer.</summary>
    /// <param name="id">That the answer repeats.</param>
    /// <param name="answered">Whether the question before it has been answered.</param>
    public static Packet PingQuestion(long id, bool answered) => new()
    {
        Type = PacketType.Ping,
        Ping = new Ping { Id = id, Answered = answered },
    };

    /// <summary>Ours: the answer to a question of the peer.</summary>
    public static Packet PingAnswer(long id) => new()
    {
        Type = PacketType.Ping,
        Ping = new Ping { Id = id, Answer = true },
    };

    /// <summary>Ours: the first packet of a lane, from the agent.</summary>
    public static Packet LaneRequest(string token) => new()
    {
        Type = PacketType.Lane,
        Lane = new Lane { Token = token },
    };

    /// <summary>Ours: the first packet of a lane, from a frontend.</summary>
    public static Packet FrontendLaneRequest(string features) => new()
    {
        Type = PacketType.Lane,
        Lane = new Lane { Features = features },
    };

    /// <summary>Ours: the server's answer to either; with an error the lane ends.</summary>
    public static Packet LaneResponse(string error, string features = "") => new()
    {
        Type = PacketType.Lane,
        Lane = new Lane { Error = error, Features = features },
    };

    /// <summary>Ours: which servers there are.</summary>
    public static Packet Servers(ServerList servers) => new()
    {
        Type = PacketType.Servers,
        Servers = servers,
    };

    /// <summary>Ours: the first packet each way of a lane between servers.</summary>
    public static Packet PeerLane(string server, string features, string error = "") => new()
    {
        Type = PacketType.Lane,
        Lane = new Lane { Server = server, Features = features, Error = error },
    };

    /// <summary>Ours: which agents have tunnels with a server, or what of that has come.</summary>
    public static Packet Ownership(Ownership ownership) => new()
    {
        Type = PacketType.Ownership,
        Ownership = ownership,
    };

    public static Packet CloseDial(long random) => new()
    {
        Type = PacketType.DialCls,
        CloseDial = new CloseDial { Random = random },
    };

    public static Packet Drain() => new()
    {
        Type = PacketType.Drain,
        Drain = new Drain(),
    };

    /// <summary>Ours: this server is about to leave.</summary>
    /// <param name="within">How long agents have to look for another.</param>
    public static Packet Drain(TimeSpan within) => new()
    {
        Type = PacketType.Drain,
        Drain = new Drain { Within = (long)within.TotalMilliseconds },
    };
}
