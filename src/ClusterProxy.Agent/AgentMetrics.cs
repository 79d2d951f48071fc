using System.Diagnostics.Metrics;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent;

/// <summary>
/// Everything the agent counts. Instruments carry the names that Prometheus sees. The first family is upstream's to the letter, help
/// included: upstream's own tests compare the exposed text, and collectors that merge both programs take two helps of one name for a conflict.
/// </summary>
internal sealed class AgentMetrics : IPacketObserver, IDisposable
{
    public const string MeterName = "ClusterProxy.Agent";

    private const string Upstream = "konnectivity_network_proxy_agent_";
    private const string Own = "clusterproxy_agent_";

    private readonly Meter _meter;
    private readonly Histogram<double> _dialDuration;
    private readonly Counter<long> _dialFailures;
    private readonly Counter<long> _serverFailures;
    private readonly Counter<long> _streamErrors;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _stalls;
    private readonly Counter<long> _creditViolations;
    private readonly Counter<double> _stallSeconds;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _denied;
    private readonly Counter<long> _overLimit;
    private readonly Counter<long> _renewals;
    private readonly PacketCounts _sent = new("from_agent");
    private readonly PacketCounts _received = new("to_agent");
    private long _openConnections;
    private long _openTunnels;
    private long _openLanes;
    private long _pendingDials;
    private long _wantedServers = 1;

    public AgentMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _dialDuration = _meter.CreateHistogram(
            Upstream + "dial_duration_seconds", "s", "Latency of dial to the remote endpoint in seconds", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [.005, .025, .1, .5, 2.5, 10, 30] });
        _dialFailures = _meter.CreateCounter<long>(
            Upstream + "endpoint_dial_failure_total",
            description: "Number of failures dialing the remote endpoint, by reason (example: timeout).");
        _meter.CreateObservableGauge(
            Upstream + "open_endpoint_connections", () => Volatile.Read(ref _openConnections),
            description: "Current number of open endpoint connections.");
        _meter.CreateObservableGauge(
            Upstream + "open_server_connections", () => Volatile.Read(ref _openTunnels),
            description: "Current number of open server connections.");
        _meter.CreateObservableGauge(
            Upstream + "known_server_count", () => Volatile.Read(ref _wantedServers),
            description: "Current number of servers agent is trying to connect to.");
        _serverFailures = _meter.CreateCounter<long>(
            Upstream + "server_connection_failure_count",
            description: "Count of failures to send to or receive from the proxy server, labeled by the direction (from_server or to_server). "
                + "DEPRECATED, please use stream_events_error_total");
        _meter.CreateObservableCounter(
            Upstream + "stream_packets_total", () => _sent.Measure().Concat(_received.Measure()),
            description: "Count of packets processed, by segment and packet type (example: from_client, DIAL_REQ)");
        _streamErrors = _meter.CreateCounter<long>(
            Upstream + "stream_errors_total",
            description: "Count of gRPC stream errors, by segment, grpc Code, packet type. (example: from_agent, Code.Unavailable, DIAL_RSP)");
        _meter.CreateObservableCounter(
            Own + "bytes_total",
            () => new Measurement<long>[]
            {
                new(_sent.Bytes, new KeyValuePair<string, object?>("direction", "from_target")),
                new(_received.Bytes, new KeyValuePair<string, object?>("direction", "to_target")),
            },
            "By", "Payload bytes, by direction.");
        _closed = _meter.CreateCounter<long>(
            Own + "connections_closed_total", description: "Connections that ended, by reason.");
        _creditViolations = _meter.CreateCounter<long>(
            Own + "credit_violations_total", description: "Times a server sent more of a connection than it had credit for: a defect of one end.");
        _stalls = _meter.CreateCounter<long>(
            Own + "stalls_total", description: "Times a tunnel waited for one target that did not read.");
        _stallSeconds = _meter.CreateCounter<double>(
            Own + "stall_seconds_total", "s", "Time that tunnels waited for targets that did not read.");
        _connects = _meter.CreateCounter<long>(
            Own + "connect_attempts_total", description: "Attempts to open a tunnel, by result.");
        _denied = _meter.CreateCounter<long>(
            Own + "dials_denied_total", description: "Dials refused by the target policy.");
        _overLimit = _meter.CreateCounter<long>(
            Own + "dials_over_limit_total", description: "Dials refused because as many connections were open as may be.");
        _renewals = _meter.CreateCounter<long>(
            Own + "tunnel_renewals_total", description: "Tunnels that were replaced before the certificate or token that opened them ended.");
        _meter.CreateObservableGauge(
            Own + "pending_dials", () => Volatile.Read(ref _pendingDials), description: "Dials under way.");
        _meter.CreateObservableGauge(
            Own + "lanes", () => Volatile.Read(ref _openLanes), description: "Lanes open beside tunnels.");
        PublishZeros();
    }

    /// <summary>Connections to targets that have not ended in both directions.</summary>
    public long OpenConnections => Volatile.Read(ref _openConnections);

    public long PendingDials => Volatile.Read(ref _pendingDials);

    /// <summary>Of DATA, both ways.</summary>
    public long PayloadBytes => _sent.Bytes + _received.Bytes;

    public void Dispose() => _meter.Dispose();

    /// <summary>Shows the buffers of all connections; once.</summary>
    public void Observe(ByteBudget budget)
    {
        _meter.CreateObservableGauge(
            Own + "buffered_bytes", () => budget.Used, description: "Bytes that connections hold in buffers, of what --buffer-budget allows.");
        _meter.CreateObservableGauge(
            Own + "promised_bytes", () => budget.Promised,
            description: "Bytes that servers may send beyond the first 64 KiB of each connection, of what --buffer-budget allows.");
    }

    /// <summary>Adds the metrics of leases; once, when they are counted.</summary>
    public LeaseMetrics CountLeases() => new(_meter, Upstream);

    public void DialStarted() => Interlocked.Increment(ref _pendingDials);

    public void DialEnded(TargetDialOutcome outcome, TimeSpan elapsed)
    {
        Interlocked.Decrement(ref _pendingDials);
        if (outcome == TargetDialOutcome.Connected)
        {
            _dialDuration.Record(elapsed.TotalSeconds);
            return;
        }

        if (outcome != TargetDialOutcome.Cancelled)
        {
            _dialFailures.Add(
                1, new KeyValuePair<string, object?>("reason", outcome == TargetDialOutcome.TimedOut ? "timeout" : "unknown"));
        }

        if (outcome == TargetDialOutcome.Denied)
        {
            _denied.Add(1);
        }
    }

    public void DialOverLimit() => _overLimit.Add(1);

    public void ConnectionOpened() => Interlocked.Increment(ref _openConnections);

    public void ConnectionClosed(CloseReason reason)
    {
        Interlocked.Decrement(ref _openConnections);
        _closed.Add(1, new KeyValuePair<string, object?>("reason", reason.ToTag()));
    }

    public void TunnelOpened() => Interlocked.Increment(ref _openTunnels);

    public void TunnelClosed() => Interlocked.Decrement(ref _openTunnels);

    public void TunnelRenewed() => _renewals.Add(1);

    public void LaneOpened() => Interlocked.Increment(ref _openLanes);

    public void LaneClosed() => Interlocked.Decrement(ref _openLanes);

    public void WantedServers(int count) => Volatile.Write(ref _wantedServers, count);

    /// <param name="result"><c>connected</c>, <c>duplicate</c>, or the step that failed.</param>
    public void ConnectAttempted(string result) => _connects.Add(1, new KeyValuePair<string, object?>("result", result));

    public void SendFailed(GrpcStatusCode code) => Failed("to_server", "from_agent", code);

    public void ReceiveFailed(GrpcStatusCode code) => Failed("from_server", "to_agent", code);

    public void PacketSent(PacketType type, long payloadBytes) => _sent.Add(type, payloadBytes);

    public void PacketReceived(PacketType type, long payloadBytes) => _received.Add(type, payloadBytes);

    public void CreditViolated(long connectId) => _creditViolations.Add(1);

    /// <summary>The connection ends with a reason, which is counted.</summary>
    public void CreditRefused(long connectId)
    {
    }

    public void StallStarted() => _stalls.Add(1);

    public void StallEnded(TimeSpan elapsed) => _stallSeconds.Add(elapsed.TotalSeconds);

    /// <summary>So that a rate over the first event is seen. Not of upstream's counters, whose series appear with their first event there too.</summary>
    private void PublishZeros()
    {
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            _closed.Add(0, new KeyValuePair<string, object?>("reason", reason.ToTag()));
        }

        _denied.Add(0);
        _overLimit.Add(0);
        _renewals.Add(0);
        _stalls.Add(0);
        _creditViolations.Add(0);
        _stallSeconds.Add(0);
    }

    private void Failed(string direction, string segment, GrpcStatusCode code)
    {
        _serverFailures.Add(1, new KeyValuePair<string, object?>("direction", direction));
        _streamErrors.Add(
            1, new("segment", segment), new("code", code.ToString()), new KeyValuePair<string, object?>("packet_type", "Unknown"));
    }
}
