using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Server.Tests.Leases;

public sealed class ServerLeaseTests : LeaseTest
{
    private const string Prefix = "konnectivity_network_proxy_server_";

    [Fact]
    public async Task Server_KeepsALease_AndRemovesItAtItsEnd()
    {
        await using (await StartAsync(static o => o with
        {
            LeaseNamespace = "ns",
            LeaseLabel = new LabelList([new("app", "x"), new("tier", "y")]),
        }))
        {
            await Eventually.ObserveAsync(() => Task.FromResult(Api.Find("leases", "ns", OwnLease) is not null));
            var lease = Api.Find("leases", "ns", OwnLease)!;
            Assert.Equal("server-under-test", lease["spec"]!["holderIdentity"]!.GetValue<string>());
            Assert.Equal(30, lease["spec"]!["leaseDurationSeconds"]!.GetValue<int>());
            Assert.Equal("""{"app":"x","tier":"y"}""", lease["metadata"]!["labels"]!.ToJsonString());
        }

        Assert.Null(Api.Find("leases", "ns", OwnLease));
    }

    [Fact]
    public async Task Shutdown_TakesTheLeaseAwayLast_WhenNothingIsServedAnyMore()
    {
        var deleting = new SyncPoint();
        Api.Faults.Hold(static r => r.Method == "DELETE", deleting);
        await using var server = await StartAsync(time: TimeProvider.System);
        var (agentPort, healthPort) = (server.Host.AgentPort, server.Host.HealthPort);
        var agent = await server.ConnectAgentAsync(features: "drain");
        await Eventually.ObserveAsync(() => Task.FromResult(Lease(OwnLease) is not null));

        // First /readyz, then the agents.
        var shutdown = server.Host.ShutdownAsync();
        using var http = new HttpClient();
        using var ready = await http.GetAsync(new Uri($"http://127.0.0.1:{healthPort}/readyz")).DefaultTimeout();
        Assert.Contains("shutting down", await ready.Content.ReadAsStringAsync().DefaultTimeout(), StringComparison.Ordinal);
        await agent.HearAsync(PacketType.Drain);
        Assert.Null(await agent.HearAsync());
        await shutdown.DefaultTimeout();
        Assert.NotNull(Lease(OwnLease));

        // Then the ports.
        var ending = server.Host.DisposeAsync().AsTask();
        await deleting.WaitUntilReachedAsync().DefaultTimeout();
        Assert.True(IsClosed(agentPort));
        Assert.True(IsClosed(healthPort));
        deleting.Continue();
        await ending.DefaultTimeout();
        Assert.Null(Lease(OwnLease));
    }

    [Fact]
    public async Task ExpiredLeases_WithTheLabels_AreRemoved_Counted_AndNoOthers()
    {
        PutLease("expired", age: 40);
        PutLease("foreign", age: 40, label: "something-else");
        PutLease("valid", age: -100);
        await using var server = await StartAsync();

        await AdvanceUntilAsync(() => Lease("expired") is null);

        Assert.NotNull(Lease("foreign"));
        Assert.NotNull(Lease("valid"));
        await Eventually.ObserveAsync(() => Task.FromResult(server.Metric(Prefix + "culled_leases_count").Value().Equals(1d)));
        Assert.Equal(1, server.Metric(Prefix + "lease_delete_total").Value(("http_status_code", "200"), ("reason", "")));
        Assert.True(server.Metric(Prefix + "lease_list_total").Value(("http_status_code", "200"), ("reason", "")) >= 1);
        Assert.Equal("histogram", server.Metric(Prefix + "lease_list_latency_seconds").Type);
        Assert.Equal("histogram", server.Metric(Prefix + "lease_delete_latency_seconds").Type);
    }

    [Fact]
    public async Task LeaseThatIsRenewedMeanwhile_IsLeftAlone()
    {
        PutLease("late", age: 40);
        var held = new SyncPoint();
        Api.Faults.Hold(static r => r.Method == "DELETE", held);
        await using var server = await StartAsync();
        await AdvanceUntilAsync(() => held.IsReached);

        PutLease("late", age: -100);
        held.Continue();

        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.RenderMetrics().Contains(
            Prefix + "lease_delete_total{http_status_code=\"409\",reason=\"Conflict\"} 1", StringComparison.Ordinal)));
        Assert.NotNull(Lease("late"));
        Assert.Equal(0, server.Metric(Prefix + "culled_leases_count").Value());
    }

    [Fact]
    public async Task ApiServerThatRefuses_IsCounted_AndTheServerServesOn()
    {
        Api.Forbidden = static _ => true;
        await using var server = await StartAsync();

        await AdvanceUntilAsync(() => server.Log.Records.Any(static r => r.EventName == "LeaseCollectionFailed"));

        Assert.True(server.Metric(Prefix + "lease_list_total").Value(("http_status_code", "403"), ("reason", "Forbidden")) >= 1);
        await using var agent = await server.ConnectAgentAsync();
    }

    [Fact]
    public async Task KubeconfigThatCannotBeUsed_EndsTheStart_InOneSentence()
    {
        var error = await Assert.ThrowsAsync<Hosting.StartupException>(
            () => StartAsync(o => o with { Kubeconfig = Write("bad", "kind: Pod") })).DefaultTimeout();

        Assert.StartsWith("--kubeconfig=", error.Message, StringComparison.Ordinal);
        Assert.Contains("kind is Pod", error.Message, StringComparison.Ordinal);
    }

    private static bool IsClosed(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        return Record.Exception(() => socket.Connect(IPAddress.Loopback, port)) is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
    }

    private void PutLease(string name, int age, string label = "konnectivity-server") => PutLease(name, name, age, label);

    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.ObserveAsync(() =>
    {
        AdvanceASecond();
        return Task.FromResult(condition());
    });
}
