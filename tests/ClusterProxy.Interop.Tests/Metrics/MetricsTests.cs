using ClusterProxy.Interop.Tests.Programs;
using ClusterProxy.Interop.Tests.Tools;

namespace ClusterProxy.Interop.Tests.Metrics;

/// <summary>What /metrics of both programs says after all kinds of traffic, name by name.</summary>
public sealed class MetricsTests(TrafficFixture traffic) : IClassFixture<TrafficFixture>
{
    private static readonly double[] Latencies = [1e-6, 1e-5, 1e-4, .005, .025, .1, .5, 2.5, 12.5];
    private static readonly double[] Defaults = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10];
    private static readonly double[] AgentLatencies = [.005, .025, .1, .5, 2.5, 10, 30];

    private static readonly ExpectedMetric[] ServerMetrics =
    [
        new("dial_duration_seconds", "histogram") { Buckets = Latencies },
        new("frontend_write_duration_seconds", "histogram") { Buckets = Latencies },
        new("connection_duration_seconds", "histogram") { Buckets = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14400, 43200, 86400] },
        new("grpc_connections", "gauge", "service_method"),
        new("http_connections", "gauge"),
        new("ready_backend_connections", "gauge"),
        new("ready_backends", "gauge", "proxy_strategy"),
        new("pending_backend_dials", "gauge"),
        new("established_connections", "gauge"),
        new("full_receive_channels", "gauge", "service_method"),
        new("dial_failure_count", "counter", "reason"),
        new("stream_packets_total", "counter", "segment", "packet_type"),
        new("stream_errors_total", "counter", "segment", "code", "packet_type"),
        new("culled_leases_count", "counter"),
        new("lease_delete_total", "counter", "http_status_code", "reason") { NeedsKubernetes = true },
        new("lease_list_total", "counter", "http_status_code", "reason") { NeedsKubernetes = true },
        new("lease_delete_latency_seconds", "histogram", "http_status_code") { Buckets = Defaults, NeedsKubernetes = true },
        new("lease_list_latency_seconds", "histogram", "http_status_code") { Buckets = Defaults, NeedsKubernetes = true },
    ];

    private static readonly ExpectedMetric[] AgentMetrics =
    [
        new("dial_duration_seconds", "histogram") { Buckets = AgentLatencies },
        new("endpoint_dial_failure_total", "counter", "reason"),
        new("open_endpoint_connections", "gauge"),
        new("open_server_connections", "gauge"),
        new("known_server_count", "gauge"),
        new("server_connection_failure_count", "counter", "direction"),
        new("stream_packets_total", "counter", "segment", "packet_type"),
        new("stream_errors_total", "counter", "segment", "code", "packet_type"),
        new("lease_lists_total", "counter", "http_response_code", "reason") { NeedsKubernetes = true },
        new("lease_watches_total", "counter", "http_response_code", "reason") { NeedsKubernetes = true },
        new("lease_list_latency_seconds", "histogram", "http_response_code") { Buckets = AgentLatencies, NeedsKubernetes = true },
    ];

    [Fact]
    [Trait("Spec", "7.35")]
    public void Server_Metrics_AreUpstreamsNameByName() => VerifyAll(traffic.ServerMetrics, ServerProgram.Prefix, ServerMetrics);

    [Fact]
    public void Agent_Metrics_AreUpstreamsNameByName() => VerifyAll(traffic.AgentMetrics, AgentProgram.Prefix, AgentMetrics);

    [Fact]
    public void Server_Help_IsUpstreamsToTheLetter() => VerifyHelp(traffic.ServerMetrics, ServerProgram.Prefix, UpstreamHelp.OfServer);

    [Fact]
    public void Agent_Help_IsUpstreamsToTheLetter() => VerifyHelp(traffic.AgentMetrics, AgentProgram.Prefix, UpstreamHelp.OfAgent);

    [Fact]
    public void Server_Labels_HaveUpstreamsValues()
    {
        var metrics = traffic.ServerMetrics;
        Assert.Equal(["Connect", "Proxy"], Values(metrics, "grpc_connections", "service_method"));
        Assert.Equal(["Connect", "Proxy"], Values(metrics, "full_receive_channels", "service_method"));
        Assert.Equal(["default", "defaultRoute", "destHost"], Values(metrics, "ready_backends", "proxy_strategy"));
        Assert.Equal(["error_response", "frontend_close"], Values(metrics, "dial_failure_count", "reason"));
        Assert.Equal(["from_agent", "from_client", "to_agent", "to_client"], Values(metrics, "stream_packets_total", "segment"));

        // Some of the last are seen between our own programs only.
        Assert.Subset(
            new HashSet<string>
            {
                "DIAL_REQ", "DIAL_RSP", "CLOSE_REQ", "CLOSE_RSP", "DATA", "DIAL_CLS", "DRAIN", "HALF_CLOSE", "CREDIT", "PING", "Unknown",
            },
            Values(metrics, "stream_packets_total", "packet_type").ToHashSet());
        Assert.Subset(
            new HashSet<string> { "from_agent", "from_client", "to_agent", "to_client" },
            Values(metrics, "stream_errors_total", "segment").ToHashSet());
        Assert.Subset(
            new HashSet<string> { "Canceled", "Unavailable", "Unknown", "Internal" },
            Values(metrics, "stream_errors_total", "code").ToHashSet());
        Assert.Equal(["Unknown"], Values(metrics, "stream_errors_total", "packet_type"));
    }

    [Fact]
    public void Agent_Labels_HaveUpstreamsValues()
    {
        var metrics = traffic.AgentMetrics;
        Assert.Equal(["timeout", "unknown"], Values(metrics, "endpoint_dial_failure_total", "reason", AgentProgram.Prefix));
        Assert.Equal(["from_agent", "to_agent"], Values(metrics, "stream_packets_total", "segment", AgentProgram.Prefix));
        Assert.Subset(
            new HashSet<string> { "from_server", "to_server" },
            Values(metrics, "server_connection_failure_count", "direction", AgentProgram.Prefix).ToHashSet());
        Assert.Subset(
            new HashSet<string> { "from_agent", "to_agent" },
            Values(metrics, "stream_errors_total", "segment", AgentProgram.Prefix).ToHashSet());
    }

    [Fact]
    public void Server_Counts_AreThoseOfTheTraffic()
    {
        double Of(string name, params (string, string)[] labels) => traffic.ServerMetrics[ServerProgram.Prefix + name].Value(labels);
        double Count(string name) =>
            traffic.ServerMetrics[ServerProgram.Prefix + name].Samples.Single(s => s.Name.EndsWith("_count", StringComparison.Ordinal)).Value;
        Assert.Equal(TrafficFixture.Connections, Count("dial_duration_seconds"));
        Assert.Equal(TrafficFixture.Connections, Count("connection_duration_seconds"));
        Assert.Equal(TrafficFixture.RefusedDials, Of("dial_failure_count", ("reason", "error_response")));
        Assert.Equal(1, Of("dial_failure_count", ("reason", "frontend_close")));
        Assert.Equal(0, Of("established_connections"));
        Assert.Equal(0, Of("pending_backend_dials"));
        Assert.Equal(0, Of("http_connections"));
        Assert.Equal(1, Of("ready_backends", ("proxy_strategy", "default")));
        Assert.Equal(2, Of("ready_backends", ("proxy_strategy", "destHost")));
        Assert.Equal(1, Of("ready_backends", ("proxy_strategy", "defaultRoute")));
        Assert.Equal(1, Of("grpc_connections", ("service_method", "Connect")));
    }

    [Fact]
    public void Agent_Counts_AreThoseOfTheTraffic()
    {
        double Of(string name, params (string, string)[] labels) => traffic.AgentMetrics[AgentProgram.Prefix + name].Value(labels);
        Assert.Equal(1, Of("endpoint_dial_failure_total", ("reason", "timeout")));
        Assert.Equal(TrafficFixture.RefusedDials - 1, Of("endpoint_dial_failure_total", ("reason", "unknown")));
        Assert.Equal(0, Of("open_endpoint_connections"));
        Assert.Equal(1, Of("open_server_connections"));
        Assert.Equal(1, Of("known_server_count"));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Promtool_ReadsTheMetrics(bool ofServer)
    {
        Skip.IfNot(OutsideProgram.IsInstalled("promtool"), "promtool is not installed");

        var run = await ToolRun.OfAsync("promtool", ["check", "metrics"], ofServer ? traffic.ServerText : traffic.AgentText);

        // 3 is a matter of taste, and upstream's names are what they are.
        Assert.True(run.ExitCode is 0 or 3, run.Errors);
        Assert.All(
            (run.Output + run.Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("konnectivity_network_proxy_", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_AdminPort_ShowsTheSameNames()
    {
        using var admin = new MetricsPage(traffic.Server.AdminPort);

        var names = (await admin.ReadAsync()).Keys;

        Assert.Equal(traffic.ServerMetrics.Keys.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    private static void VerifyAll(IReadOnlyDictionary<string, PrometheusFamily> metrics, string prefix, ExpectedMetric[] expected)
    {
        foreach (var metric in expected)
        {
            if (metrics.TryGetValue(prefix + metric.Name, out var family))
            {
                metric.Verify(family);
            }
            else
            {
                Assert.True(metric.NeedsKubernetes, $"{prefix}{metric.Name} is missing");
            }
        }

        Assert.Subset(
            expected.Select(m => prefix + m.Name).ToHashSet(),
            metrics.Keys.Where(name => name.StartsWith("konnectivity_", StringComparison.Ordinal)).ToHashSet());
        Assert.Contains("process_start_time_seconds", metrics.Keys);
    }

    private static void VerifyHelp(
        IReadOnlyDictionary<string, PrometheusFamily> metrics, string prefix, IReadOnlyDictionary<string, string> expected)
    {
        var exposed = metrics.Values.Where(f => f.Name.StartsWith(prefix, StringComparison.Ordinal) && expected.ContainsKey(f.Name[prefix.Length..]));
        Assert.All(exposed, f => Assert.Equal(expected[f.Name[prefix.Length..]], f.Help));
        Assert.True(exposed.Count() > 6, $"only {exposed.Count()} of upstream's metrics under {prefix} are exposed");
    }

    private static string[] Values(
        IReadOnlyDictionary<string, PrometheusFamily> metrics, string name, string label, string prefix = ServerProgram.Prefix) =>
        [.. metrics[prefix + name].Samples.Select(s => s.Labels[label]).Distinct().Order(StringComparer.Ordinal)];
}
