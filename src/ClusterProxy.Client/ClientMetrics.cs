using System.Diagnostics.Metrics;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Client;

/// <summary>The client's instruments, named as upstream's client exports them where it has them.</summary>
internal sealed class ClientMetrics : IPacketObserver, IDisposable
{
    public const string MeterName = "ClusterProxy.Client";
    private const string FromClient = "from_client";
    private const string ToClient = "to_client";

    private readonly Meter? _ownMeter;
    private readonly Counter<long> _packets;
    private readonly Counter<long> _streamErrors;
    private readonly Counter<long> _dialFailures;
    private readonly Counter<long> _dialsRepeated;
    private readonly Counter<long> _creditViolations;
    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _lanes;

    /// <param name="factory">Owns the meter, if given.</param>
    public ClientMetrics(IMeterFactory? factory)
    {
        var meter = factory?.Create(MeterName) ?? (_ownMeter = new Meter(MeterName));
        _packets = meter.CreateCounter<long>(
            "konnectivity_network_proxy_client_stream_packets_total", description: "Count of packets processed, by segment and packet type (example: from_client, DIAL_REQ)");
        _streamErrors = meter.CreateCounter<long>(
            "konnectivity_network_proxy_client_stream_errors_total", description: "Count of gRPC stream errors, by segment, grpc Code, packet type. (example: from_agent, Code.Unavailable, DIAL_RSP)");
        _dialFailures = meter.CreateCounter<long>(
            "konnectivity_network_proxy_client_dial_failure_total", description: "Number of dial failures observed, by reason (example: remote endpoint error)");
        _dialsRepeated = meter.CreateCounter<long>(
            "clusterproxy_client_dials_repeated_total",
            description: "Dials that were made once more because their way to the server broke before it answered.");
        _creditViolations = meter.CreateCounter<long>(
            "clusterproxy_client_credit_violations_total",
            description: "Times the server sent more of a connection than it had credit for: a defect of one end.");
        _lanes = meter.CreateUpDownCounter<long>("clusterproxy_client_lanes", description: "Lanes open to the proxy server.");
        _connections = meter.CreateUpDownCounter<long>(
            "konnectivity_network_proxy_client_client_connections", description: "Number of open client connections, by status (Example: dialing)");
    }

    public void PacketSent(PacketType type, long payloadBytes) => _packets.Add(1, new("segment", FromClient), new("packet_type", PacketTypeNames.Of(type)));

    public void PacketReceived(PacketType type, long payloadBytes) => _packets.Add(1, new("segment", ToClient), new("packet_type", PacketTypeNames.Of(type)));

    public void DialRepeated() => _dialsRepeated.Add(1);

    public void CreditViolated(long connectId) => _creditViolations.Add(1);

    /// <summary>The connection ends with a reason, which is counted.</summary>
    public void CreditRefused(long connectId)
    {
    }

    public void LaneOpened() => _lanes.Add(1);

    public void LaneClosed() => _lanes.Add(-1);

    public void StallStarted()
    {
        // A tunnel has one connection, a lane has credit: a reader that takes its time holds up only itself.
    }

    public void StallEnded(TimeSpan elapsed)
    {
    }

    public void StreamFailed(GrpcStatusCode code) =>
        _streamErrors.Add(1, new("segment", ToClient), new("code", code.ToString()), new("packet_type", PacketTypeNames.None));

    public void DialFailed(DialFailureReason reason) => _dialFailures.Add(1, new KeyValuePair<string, object?>("reason", reason.ToTag()));

    /// <summary>Moves one connection to another status; null is before the first and after the last.</summary>
    public void ConnectionMoved(ConnectionStatus? from, ConnectionStatus? to)
    {
        if (from is { } left)
        {
            _connections.Add(-1, new KeyValuePair<string, object?>("status", Tag(left)));
        }

        if (to is { } entered)
        {
            _connections.Add(1, new KeyValuePair<string, object?>("status", Tag(entered)));
        }
    }

    public void Dispose() => _ownMeter?.Dispose();

    private static string Tag(ConnectionStatus status) => status switch
    {
        ConnectionStatus.Created => "created",
        ConnectionStatus.Dialing => "dialing",
        ConnectionStatus.Ok => "ok",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "a status without a name"),
    };
}
