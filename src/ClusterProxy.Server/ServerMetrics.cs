using System.Diagnostics.Metrics;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Leases;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server;

/// <summary>
/// What the server counts. Names under <c>konnectivity_network_proxy_server_</c> are upstream's, with its labels, buckets and help:
/// upstream's own tests compare the exposed text, and collectors that merge both programs take two helps of one name for a conflict.
/// For the same reason a failure's series appears with its first event, as there. The rest is ours.
/// Gauges are read off the collections that own the things, so they cannot drift.
/// </summary>
internal sealed class ServerMetrics
{
    public const string MeterName = "ClusterProxy.Server";
    private const string Upstream = "konnectivity_network_proxy_server_";
    private const string Ours = "clusterproxy_server_";
    private const string Reason = "reason";
    private const string ServiceMethod = "service_method";

    private static readonly InstrumentAdvice<double> Latencies =
        new() { HistogramBucketBoundaries = [1e-6, 1e-5, 1e-4, .005, .025, .1, .5, 2.5, 12.5] };

    private static readonly InstrumentAdvice<double> Lifetimes =
        new() { HistogramBucketBoundaries = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14400, 43200, 86400] };

    private readonly Meter _meter;
    private readonly Histogram<double> _dialDuration;
    private readonly Histogram<double> _frontendWriteDuration;
    private readonly Histogram<double> _connectionDuration;
    private readonly Histogram<double> _dialDurationByResult;
    private readonly Histogram<double> _roundTrip;
    private readonly Counter<long> _dialFailures;
    private readonly Counter<long> _streamErrors;
    private readonly Counter<long> _dials;
    private readonly Counter<long> _closes;
    private readonly Counter<long> _stalls;
    private readonly Counter<long> _creditViolations;
    private readonly Counter<double> _stallSeconds;
    private readonly Counter<long> _agentsRefused;
    private readonly Counter<long> _policyReloads;
    private readonly Counter<long> _brokenConnections;
    private readonly Counter<long> _requestsRefused;
    private readonly Counter<long> _lanesRefused;
    private readonly Counter<long> _packetsRefused;

    public ServerMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _dialDuration = _meter.CreateHistogram(
            Upstream + "dial_duration_seconds", description: "Latency of dial to the remote endpoint in seconds", advice: Latencies);
        _frontendWriteDuration = _meter.CreateHistogram(
            Upstream + "frontend_write_duration_seconds", description: "Latency of write to the frontend in seconds", advice: Latencies);
        _connectionDuration = _meter.CreateHistogram(
            Upstream + "connection_duration_seconds", description: "Lifetime of proxied connections.", advice: Lifetimes);
        _dialFailures = _meter.CreateCounter<long>(
            Upstream + "dial_failure_count",
            description: "Number of dial failures observed. Multiple failures can occur for a single dial request.");
        _streamErrors = _meter.CreateCounter<long>(
            Upstream + "stream_errors_total",
            description: "Count of gRPC stream errors, by segment, grpc Code, packet type. (example: from_agent, Code.Unavailable, DIAL_RSP)");
        Leases = new LeaseMetrics(_meter, Upstream);
        Audit = new AuditMetrics(_meter, Ours);
        Fleet = new FleetMetrics(_meter, Ours);
        Handshakes = new HandshakeMetrics(_meter, Ours);
        Peers = new PeerMetrics(_meter, Ours);
        _meter.CreateObservableCounter(
            Upstream + "stream_packets_total", () => Segments.SelectMany(static s => s.Measure()),
            description: "Count of packets processed, by segment and packet type (example: from_client, DIAL_REQ)");

        _dialDurationByResult = _meter.CreateHistogram(
            Ours + "dial_duration_seconds", description: "Time from a dial to its end, by result.", advice: Latencies);
        _roundTrip = _meter.CreateHistogram(
            Ours + "agent_round_trip_seconds", description: "Time from a ping to an agent's answer.", advice: Latencies);
        _dials = _meter.CreateCounter<long>(Ours + "dials_total", description: "Dials, by frontend protocol and result.");
        _closes = _meter.CreateCounter<long>(Ours + "connection_closes_total", description: "Connections that ended, by reason.");
        _creditViolations = _meter.CreateCounter<long>(
            Ours + "credit_violations_total", description: "Times a peer sent more of a connection than it had credit for: a defect of one end.");
        _stalls = _meter.CreateCounter<long>(
            Ours + "stalls_total", description: "Times an agent's tunnel waited for one connection whose receiver does not read.");
        _stallSeconds = _meter.CreateCounter<double>(Ours + "stall_seconds_total", description: "Time agents' tunnels waited so.");
        _policyReloads = _meter.CreateCounter<long>(
            Ours + "policy_reloads_total", description: "Changes of the frontend policy that were taken up or refused, and reads of it that hang, by result.");
        _brokenConnections = _meter.CreateCounter<long>(
            Ours + "broken_connections_total", description: "Connections ended because of what the peer sent below gRPC and CONNECT, by plane and reason.");
        _requestsRefused = _meter.CreateCounter<long>(
            Ours + "requests_refused_total", description: "Requests refused before they were a dial or an agent's call, by protocol and status.");
        _lanesRefused = _meter.CreateCounter<long>(Ours + "lanes_refused_total", description: "Lanes not taken, by plane.");
        _packetsRefused = _meter.CreateCounter<long>(
            Ours + "packets_refused_total", description: "Packets that did nothing or cost their connection, by segment and reason; late ones crossed the end of their connection or dial, as happens to everybody.");
        _agentsRefused = _meter.CreateCounter<long>(Ours + "agents_refused_total", description: "Agents not let in, by reason.");
        _meter.CreateObservableCounter(
            Ours + "bytes_total",
            () => new Measurement<long>[]
            {
                new(ToAgent.Bytes, new KeyValuePair<string, object?>("direction", "to_target")),
                new(FromAgent.Bytes, new KeyValuePair<string, object?>("direction", "to_frontend")),
            },
            description: "Payload bytes exchanged with agents.");
    }

    public LeaseMetrics Leases { get; }

    public AuditMetrics Audit { get; }

    public FleetMetrics Fleet { get; }

    public HandshakeMetrics Handshakes { get; }

    public PeerMetrics Peers { get; }

    public PacketCounts FromClient { get; } = new("from_client");

    public PacketCounts ToClient { get; } = new("to_client");

    public PacketCounts FromAgent { get; } = new("from_agent");

    public PacketCounts ToAgent { get; } = new("to_agent");

    /// <summary>Of DATA, as often as it came in or went out.</summary>
    public long PayloadBytes => Segments.Sum(static s => s.Bytes);

    private PacketCounts[] Segments => [FromClient, ToClient, FromAgent, ToAgent];

    /// <summary>Adds the gauges, and shows every series of ours with a closed label set before its first event.</summary>
    public void Observe(AgentRegistry agents, LiveFrontends frontends, ByteBudget budget)
    {
        _meter.CreateObservableGauge(
            Upstream + "grpc_connections",
            () => new[] { Of("Proxy", frontends.GrpcCount), Of("Connect", agents.Tunnels.Length) },
            description: "Number of current grpc connections, partitioned by service method.");
        _meter.CreateObservableGauge(
            Upstream + "http_connections", () => frontends.ConnectCount, description: "Number of current HTTP CONNECT connections");
        _meter.CreateObservableGauge(
            Upstream + "full_receive_channels",
            () => new[] { Of("Proxy", frontends.StalledCount), Of("Connect", agents.Tunnels.Count(static t => t.IsStalled)) },
            description: "Number of current connections blocked by a full receive channel, partitioned by service method.");
        _meter.CreateObservableGauge(
            Upstream + "ready_backends",
            () => agents.KeyCounts().Select(static c => new Measurement<int>(
                c.Keys, new KeyValuePair<string, object?>("proxy_strategy", ProxyStrategyNames.Of(c.Strategy)))),
            description: "Number of konnectivity agent connected to the proxy server");
        _meter.CreateObservableGauge(
            Upstream + "ready_backend_connections", () => agents.LastChangedKeyCount,
            description: "Number of konnectivity agent connected to the proxy server. DEPRECATED, please use ready_backends");
        _meter.CreateObservableGauge(
            Upstream + "pending_backend_dials", () => agents.Tunnels.Sum(static t => t.PendingDialCount),
            description: "Current number of pending backend dial requests");
        _meter.CreateObservableGauge(
            Upstream + "established_connections", () => agents.Tunnels.Sum(static t => t.ConnectionCount),
            description: "Current number of established end-to-end connections (post-dial).");
        _meter.CreateObservableGauge(
            Ours + "queued_bytes", () => agents.Tunnels.Sum(static t => t.QueuedBytes),
            description: "Bytes that came from agents and wait for frontends.");
        _meter.CreateObservableGauge(
            Ours + "buffered_bytes", () => budget.Used, description: "Bytes that connections hold in buffers, of what --buffer-budget allows.");
        _meter.CreateObservableGauge(
            Ours + "promised_bytes", () => budget.Promised,
            description: "Bytes that senders may send beyond the first 64 KiB of each connection, of what --buffer-budget allows.");
        _meter.CreateObservableGauge(
            Ours + "frontend_lanes", () => frontends.LaneCount, description: "Lanes that frontends have open.");
        _meter.CreateObservableGauge(
            Ours + "frontend_queued_bytes", () => frontends.QueuedBytes,
            description: "Bytes that came on frontends' lanes and wait for agents.");
        _meter.CreateObservableGauge(
            Ours + "agent_tunnels", () => CountTunnels(agents), description: "Agents' streams, by state.");
        PublishZeros();
    }

    public void DialEnded(string frontend, DialResult result, TimeSpan elapsed)
    {
        var outcome = result.Failure?.ToTag() ?? "connected";
        _dials.Add(1, new("frontend", frontend), new("result", outcome));
        _dialDurationByResult.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("result", outcome));

        // Upstream does not count a CONNECT that finds no agent.
        if (result.Failure is { } reason && (reason != DialFailureReason.NoAgent || frontend != FrontendNames.Connect))
        {
            _dialFailures.Add(1, new KeyValuePair<string, object?>(Reason, outcome));
        }
    }

    /// <summary>A dial's success has been handed to its frontend.</summary>
    public void DialForwarded(TimeSpan elapsed) => _dialDuration.Record(elapsed.TotalSeconds);

    public void DialResponseUnrecognized() =>
        _dialFailures.Add(1, new KeyValuePair<string, object?>(Reason, DialFailureReasonNames.UnrecognizedResponse));

    public void DialResponseUnsent() =>
        _dialFailures.Add(1, new KeyValuePair<string, object?>(Reason, DialFailureReasonNames.SendResponse));

    public void AgentRefused(AgentRefusalReason reason) => _agentsRefused.Add(1, new KeyValuePair<string, object?>(Reason, reason.ToTag()));

    public void ConnectionBroken(string plane, string reason) => _brokenConnections.Add(1, new("plane", plane), new(Reason, reason));

    public void RequestRefused(string protocol, string status) => _requestsRefused.Add(1, new("protocol", protocol), new("status", status));

    public void LaneRefused(string plane) => _lanesRefused.Add(1, new KeyValuePair<string, object?>("plane", plane));

    public void PacketRefused(PacketCounts segment, PacketRefusal refusal) =>
        _packetsRefused.Add(1, new("segment", segment.Segment), new(Reason, refusal.ToTag()));

    public void PolicyReloaded(ReloadOutcome outcome, int count = 1) =>
        _policyReloads.Add(count, new KeyValuePair<string, object?>("result", outcome.ToTag()));

    /// <param name="mode"><c>certificate</c> or <c>claimed</c>.</param>
    public void ShowAgentIdentity(string mode) => _meter.CreateObservableGauge(
        Ours + "agent_identity_info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("mode", mode)),
        description: "1 for how it is decided what agents may announce.");

    public void FrontendWritten(TimeSpan elapsed) => _frontendWriteDuration.Record(elapsed.TotalSeconds);

    public void StreamFailed(PacketCounts segment, GrpcStatusCode code) =>
        _streamErrors.Add(1, new("segment", segment.Segment), new("code", code.ToString()), new("packet_type", "Unknown"));

    public void ConnectionEnded(CloseReason reason, TimeSpan lifetime)
    {
        _closes.Add(1, new KeyValuePair<string, object?>(Reason, reason.ToTag()));
        _connectionDuration.Record(lifetime.TotalSeconds);
    }

    /// <summary>An agent answered a ping.</summary>
    public void RoundTrip(TimeSpan elapsed) => _roundTrip.Record(elapsed.TotalSeconds);

    public void CreditViolated() => _creditViolations.Add(1);

    public void Stalled(TimeSpan elapsed)
    {
        _stalls.Add(1);
        _stallSeconds.Add(elapsed.TotalSeconds);
    }

    private static Measurement<int> Of(string method, int count) => new(count, new KeyValuePair<string, object?>(ServiceMethod, method));

    private static Measurement<int>[] CountTunnels(AgentRegistry agents)
    {
        var tunnels = agents.Tunnels;
        var draining = tunnels.Count(static t => t.IsDraining);
        return
        [
            new(tunnels.Length - draining, new KeyValuePair<string, object?>("state", "ready")),
            new(draining, new KeyValuePair<string, object?>("state", "draining")),
        ];
    }

    private void PublishZeros()
    {
        Leases.PublishZeros();
        _stalls.Add(0);
        _creditViolations.Add(0);
        _stallSeconds.Add(0);
        foreach (var reason in Enum.GetValues<AgentRefusalReason>())
        {
            _agentsRefused.Add(0, new KeyValuePair<string, object?>(Reason, reason.ToTag()));
        }

        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            _closes.Add(0, new KeyValuePair<string, object?>(Reason, reason.ToTag()));
        }

        // The exporter shows an empty histogram after this; a number would count as an observation.
        foreach (var histogram in (ReadOnlySpan<Histogram<double>>)[_dialDuration, _frontendWriteDuration, _connectionDuration])
        {
            histogram.Record(double.NaN);
        }
    }
}
