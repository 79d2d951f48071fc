using System.Diagnostics.Metrics;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>What the server counts of the other servers of its fleet.</summary>
internal sealed class PeerMetrics
{
    private const string Direction = "direction";
    private const string Connected = "connected";

    private readonly Meter _meter;
    private readonly string _prefix;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _connectFailures;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _renewals;

    public PeerMetrics(Meter meter, string prefix)
    {
        _meter = meter;
        _prefix = prefix;
        _forwarded = meter.CreateCounter<long>(
            prefix + "forwarded_dials_total", description: "Dials that another server was asked for, by result; of dials_total these are not this server's own.");
        _connectFailures = meter.CreateCounter<long>(
            prefix + "peer_connect_failures_total", description: "Times another server could not be reached or did not pass the checks.");
        _renewals = meter.CreateCounter<long>(
            prefix + "peer_lane_renewals_total", description: "Lanes to other servers that were replaced because the certificate that opened them was about to end.");
        _refused = meter.CreateCounter<long>(
            prefix + "peers_refused_total", description: "Lanes of other servers that were not taken although their certificate opens the port, by reason.");
    }

    public PacketCounts ToPeer { get; } = new("to_peer");

    public PacketCounts FromPeer { get; } = new("from_peer");

    /// <summary>Adds the gauges, and shows every series of a closed label set before its first event.</summary>
    public void Observe(PeerSet peers, OwnedTunnels owned, LiveFrontends served)
    {
        _meter.CreateObservableGauge(
            _prefix + "peers",
            () => new Measurement<int>[]
            {
                new(peers.WantedCount, new KeyValuePair<string, object?>("state", "wanted")),
                new(peers.Lanes.Count(static l => l.IsUsable), new KeyValuePair<string, object?>("state", "connected")),
                new(served.LaneCount, new KeyValuePair<string, object?>("state", "served")),
            },
            description: "Other servers: known of, reached from here, and come here.");
        _meter.CreateObservableGauge(
            _prefix + "peer_tunnels", () => peers.Lanes.Sum(static l => l.Tunnels.Count), description: "Agents' tunnels with other servers that are known here.");
        _meter.CreateObservableGauge(
            _prefix + "peer_tunnels_overflow", () => peers.Lanes.Sum(static l => l.Tunnels.Overflow),
            description: "Agents' tunnels with other servers for which there was no room.");
        _meter.CreateObservableGauge(
            _prefix + "owned_tunnels", () => owned.Count, description: "Agents' tunnels that other servers are told of.");
        _meter.CreateObservableGauge(
            _prefix + "forwarded_connections", () => peers.AllLanes.Sum(static l => l.ConnectionCount), description: "Open connections through other servers.");
        _meter.CreateObservableGauge(
            _prefix + "forwarded_pending_dials", () => peers.AllLanes.Sum(static l => l.PendingDialCount), description: "Dials that another server has not answered.");
        _meter.CreateObservableGauge(
            _prefix + "forwarded_queued_bytes", () => peers.AllLanes.Sum(static l => l.QueuedBytes), description: "Bytes that came from other servers and wait for frontends.");
        _meter.CreateObservableCounter(
            _prefix + "forwarded_bytes_total",
            () => new Measurement<long>[]
            {
                new(ToPeer.Bytes, new KeyValuePair<string, object?>(Direction, "to_target")),
                new(FromPeer.Bytes, new KeyValuePair<string, object?>(Direction, "to_frontend")),
            },
            description: "Payload bytes exchanged with other servers for frontends of this one.");
        _connectFailures.Add(0);
        _renewals.Add(0);
        foreach (var reason in Enum.GetValues<PeerRefusalReason>())
        {
            _refused.Add(0, new KeyValuePair<string, object?>("reason", reason.ToTag()));
        }

        foreach (var result in Enum.GetValues<DialFailureReason>().Select(static r => r.ToTag()).Append(Connected).Distinct())
        {
            _forwarded.Add(0, new KeyValuePair<string, object?>("result", result));
        }
    }

    public void LaneRenewed() => _renewals.Add(1);

    public void ConnectFailed() => _connectFailures.Add(1);

    public void Refused(PeerRefusalReason reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason.ToTag()));

    public void Forwarded(in DialResult result) =>
        _forwarded.Add(1, new KeyValuePair<string, object?>("result", result.Failure?.ToTag() ?? Connected));
}
