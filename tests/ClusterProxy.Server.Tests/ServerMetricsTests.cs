using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Routing;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

public sealed class ServerMetricsTests
{
    private const string Prefix = "konnectivity_network_proxy_server_";

    [Fact]
    [Trait("Spec", "7.35")]
    public async Task Metrics_OneConnection_CountsItOnceEverywhere()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(0, server.Metric(Prefix + "ready_backends").Value(("proxy_strategy", "default")));
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();
        Assert.Equal(1, server.Metric(Prefix + "pending_backend_dials").Value());
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, 1));
        var id = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.ConnectID;

        Assert.Equal(1, server.Metric(Prefix + "ready_backends").Value(("proxy_strategy", "default")));
        Assert.Equal(1, server.Metric(Prefix + "ready_backend_connections").Value());
        Assert.Equal(0, server.Metric(Prefix + "pending_backend_dials").Value());
        Assert.Equal(1, server.Metric(Prefix + "established_connections").Value());
        Assert.Equal(1, server.Metric(Prefix + "grpc_connections").Value(("service_method", "Proxy")));
        Assert.Equal(1, server.Metric(Prefix + "grpc_connections").Value(("service_method", "Connect")));

        await frontend.SendDataAsync(id, "12345"u8.ToArray());
        await agent.HearAsync(PacketType.Data);
        await agent.SendDataAsync(1, "123"u8.ToArray());
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await frontend.HearAsync(PacketType.Data);
        await frontend.HearAsync(PacketType.CloseRsp);
        await frontend.Call.CompleteOutputAsync();
        Assert.Null(await frontend.HearAsync());
        await agent.DisposeAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels.IsEmpty));
        await server.ShouldBecomeEmptyAsync();

        Assert.Equal(0, server.Metric(Prefix + "established_connections").Value());
        Assert.Equal(0, server.Metric(Prefix + "ready_backends").Value(("proxy_strategy", "default")));
        Assert.Equal(0, server.Metric(Prefix + "ready_backend_connections").Value());
        Assert.Equal(0, server.Metric(Prefix + "grpc_connections").Value(("service_method", "Proxy")));
        foreach (var histogram in new[] { "connection_duration_seconds", "dial_duration_seconds" })
        {
            Assert.Equal(1, Assert.Single(server.Metric(Prefix + histogram).Samples, s => s.Name == Prefix + histogram + "_count").Value);
        }

        var packets = server.Metric(Prefix + "stream_packets_total");
        foreach (var (segment, type) in new[]
        {
            ("from_client", "DIAL_REQ"), ("to_agent", "DIAL_REQ"), ("from_agent", "DIAL_RSP"), ("to_client", "DIAL_RSP"),
            ("from_client", "DATA"), ("to_agent", "DATA"), ("from_agent", "DATA"), ("to_client", "DATA"),
            ("from_agent", "CLOSE_RSP"), ("to_client", "CLOSE_RSP"),
        })
        {
            Assert.Equal(1, packets.Value(("segment", segment), ("packet_type", type)));
        }

        var bytes = server.Metric("clusterproxy_server_bytes_total");
        Assert.Equal(5, bytes.Value(("direction", "to_target")));
        Assert.Equal(3, bytes.Value(("direction", "to_frontend")));
    }

    [Fact]
    public async Task Names_OfUpstream_AreThereWithTheirTypesAndBuckets()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            ProxyStrategies = [ProxyStrategy.DestHost, ProxyStrategy.DefaultRoute, ProxyStrategy.Default],
        });
        var families = PrometheusTextParser.Parse(server.Host.RenderMetrics());

        foreach (var (name, type) in new[]
        {
            ("dial_duration_seconds", "histogram"), ("frontend_write_duration_seconds", "histogram"),
            ("connection_duration_seconds", "histogram"), ("grpc_connections", "gauge"), ("http_connections", "gauge"),
            ("ready_backend_connections", "gauge"), ("ready_backends", "gauge"), ("pending_backend_dials", "gauge"),
            ("established_connections", "gauge"), ("full_receive_channels", "gauge"), ("culled_leases_count", "counter"),
        })
        {
            Assert.Equal(type, families[Prefix + name].Type);
        }

        Assert.Equal(
            ["1e-06", "1e-05", "0.0001", "0.005", "0.025", "0.1", "0.5", "2.5", "12.5", "+Inf"],
            Buckets(families, "dial_duration_seconds"));
        Assert.Equal(Buckets(families, "dial_duration_seconds"), Buckets(families, "frontend_write_duration_seconds"));
        Assert.Equal(
            ["1", "5", "15", "30", "60", "300", "900", "1800", "3600", "14400", "43200", "86400", "+Inf"],
            Buckets(families, "connection_duration_seconds"));
        Assert.Equal(
            ["default", "defaultRoute", "destHost"],
            families[Prefix + "ready_backends"].Samples.Select(s => s.Labels["proxy_strategy"]).Order(StringComparer.Ordinal));

        // As upstream, whose tests compare all series of the name.
        Assert.DoesNotContain(Prefix + "dial_failure_count", families.Keys);
    }

    [Fact]
    public async Task Endpoints_HealthAndAdmin_ServeTheSameMetrics()
    {
        await using var server = await TestServer.StartAsync();
        using var http = new HttpClient();
        foreach (var port in new[] { server.Host.HealthPort, server.Host.AdminPort })
        {
            var text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics")).DefaultTimeout();
            Assert.Contains(Prefix + "ready_backends", PrometheusTextParser.Parse(text).Keys);
        }
    }

    [Fact]
    public async Task Readiness_WarnsOfACertificateThatEndsSoon()
    {
        using var authority = new TestCertificates("ending");
        var ending = authority.EndingServer(TimeSpan.FromMinutes(10));
        await using var server = await TestServer.StartAsync(
            o => o with { ServerCert = ending.CertificateFile, ServerKey = ending.KeyFile }, tcp: true);
        await server.ConnectAgentAsync();
        using var http = new HttpClient();

        var text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz")).DefaultTimeout();

        Assert.StartsWith("ok\nwarning: ", text, StringComparison.Ordinal);
        Assert.Contains($"--server-cert={ending.CertificateFile}", text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "7.20")]
    public async Task Readiness_FollowsTheAgents()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            ProxyStrategies = [ProxyStrategy.DestHost, ProxyStrategy.Default],
        });
        using var http = new HttpClient();
        var ready = new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz");
        using (var response = await http.GetAsync(ready).DefaultTimeout())
        {
            Assert.Equal(500, (int)response.StatusCode);
            Assert.Equal("no connection to any proxy agent", (await response.Content.ReadAsStringAsync().DefaultTimeout()).TrimEnd());
        }

        var agent = await server.ConnectAgentAsync();
        Assert.Equal("ok", await http.GetStringAsync(ready).DefaultTimeout());
        await agent.DisposeAsync();
        await Eventually.ObserveAsync(async () =>
        {
            using var response = await http.GetAsync(ready);
            return (int)response.StatusCode == 500;
        });
    }

    [Fact]
    public void Reasons_AllOfThem_HaveLabelWireTextAndAnswer()
    {
        foreach (var reason in Enum.GetValues<DialFailureReason>())
        {
            Assert.NotEqual("", reason.ToTag());
            Assert.NotEqual("", reason.ToWireText());
            _ = ConnectAnswers.For(reason, "text");
        }

        Assert.Equal(Enum.GetValues<CloseReason>().Length, Enum.GetValues<CloseReason>().Select(r => r.ToTag()).Distinct().Count());
        Assert.All(Enum.GetValues<CloseReason>(), r => Assert.NotNull(r.ToWireText()));
    }

    private static IEnumerable<string> Buckets(IReadOnlyDictionary<string, PrometheusFamily> families, string name) =>
        families[Prefix + name].Samples.Where(s => s.Labels.ContainsKey("le")).Select(s => s.Labels["le"]);
}
