using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Leases;

/// <summary>A server among others of which there are only leases, by a clock that the test moves.</summary>
public sealed class LeasedFleetTests : LeaseTest
{
    [Fact]
    public async Task Lease_SaysTheAddresses_AndTakesBackOnesThatAServerBeforeItSaid()
    {
        Api.Put("""
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"konnectivity-proxy-server-server-under-test",
             "namespace":"kube-system","annotations":{"theirs":"1","clusterproxy.io/peer-address":"hub-old:8096"}},"spec":{}}
            """);
        await using var server = await StartAsync();

        await Eventually.ObserveAsync(() => Task.FromResult(
            Lease(OwnLease)!["metadata"]!["annotations"]!.ToJsonString() == """{"theirs":"1","clusterproxy.io/agent-address":"hub-self:8091"}"""));
    }

    [Fact]
    public async Task Servers_AreThoseOfValidLeasesThatSayWhere()
    {
        PutLease("b", "hub-b:8091", age: 0);
        PutLease("expired", "hub-x:8091", age: 31);
        PutLease("upstreams", address: null, age: 0);
        PutLease("malformed", "hub-y", age: 0);
        PutLease("spaced out", "hub-z:8091", age: 0);
        PutLease("another", "hub-w:8091", age: 0, holder: "b");
        PutLease("dead", "hub-b:8091", age: 29);
        await using var server = await StartAsync();
        await WaitForCountAsync(server, 2);

        var agent = await server.ConnectAgentAsync(features: "servers");

        Assert.Equal(
            new ServerSet([new("b", "hub-b", 8091), new("server-under-test", "hub-self", 8091)]),
            ServerSet.FromHeader(
                Assert.Single((await agent.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout()).GetValues("clusterproxy-servers-bin"))));
    }

    [Fact]
    public async Task LeaseThatIsDeletedWhileItIsValid_IsAGoodbye()
    {
        PutLease("b", "hub-b:8091", age: 0);
        await using var server = await StartAsync();
        await WaitForCountAsync(server, 2);

        Api.Delete("leases", "kube-system", "konnectivity-proxy-server-b");

        await WaitForCountAsync(server, 1);
    }

    [Fact]
    public async Task LeaseThatExpires_IsOut_WhenTheOwnOneWasRenewedTwiceSince()
    {
        PutLease("b", "hub-b:8091", age: 0);
        await using var server = await StartAsync();
        await WaitForCountAsync(server, 2);
        var expiry = Time.GetUtcNow().AddSeconds(30);

        var renewals = new SortedSet<DateTimeOffset>();
        await Eventually.ObserveAsync(() =>
        {
            AdvanceASecond();
            renewals.Add(OwnRenewal());
            return Task.FromResult(Count(server) == 1);
        });

        // Collected it may have been meanwhile; that alone counts for nothing.
        renewals.Add(OwnRenewal());
        Assert.True(renewals.Count(r => r >= expiry) >= 2);
        Assert.True(Time.GetUtcNow() < expiry.AddSeconds(60));
    }

    [Fact]
    public async Task WritesThatFail_WhileWatchesRun_TakeNobodyOut()
    {
        PutLease("b", "hub-b:8091", age: 0);
        await using var server = await StartAsync();
        await WaitForCountAsync(server, 2);

        // As when etcd has lost its quorum.
        await Eventually.ObserveAsync(() => Task.FromResult(Age(server) >= 0));
        Api.Forbidden = static r => r.Method is "PUT" or "POST" or "DELETE";
        await Eventually.ObserveAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(2));
            return Task.FromResult(Age(server) > 90);
        });
        Assert.Contains(server.Log.Records, static r => r.EventName == "LeaseRenewalFailed");
        Assert.Equal(2, Count(server));
        PutLease("c", "hub-c:8091", age: 0);
        await WaitForCountAsync(server, 3);
        Assert.Contains("is not seen to be renewed", await ReadyAsync(server), StringComparison.Ordinal);

        // Whoever lives has the time to say so again; this one does not.
        Api.Forbidden = static _ => false;
        await Eventually.ObserveAsync(() =>
        {
            AdvanceASecond();
            PutLease("c", "hub-c:8091", age: 0);
            return Task.FromResult(Count(server) == 2);
        });
        Assert.DoesNotContain("is not seen to be renewed", await ReadyAsync(server), StringComparison.Ordinal);
    }

    /// <summary>Only a server that is ready warns.</summary>
    private static async Task<string> ReadyAsync(TestServer server)
    {
        await server.ConnectAgentAsync();
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz")).DefaultTimeout();
        return await response.Content.ReadAsStringAsync().DefaultTimeout();
    }

    /// <summary>Of the own lease; -1 before the server has seen it.</summary>
    private static double Age(TestServer server) =>
        PrometheusTextParser.Parse(server.Host.RenderMetrics()).GetValueOrDefault("clusterproxy_server_own_lease_age_seconds")?.Value() ?? -1;

    private static double Count(TestServer server) => server.Metric("clusterproxy_server_announced_servers").Value();

    private static Task<double> WaitForCountAsync(TestServer server, int count) =>
        Eventually.ObserveAsync(() => Task.FromResult(Count(server)), found => found == count);

    private Task<TestServer> StartAsync() => StartAsync(static o => o with { ServersLeases = "hub-self:8091" });

    private DateTimeOffset OwnRenewal() => Lease(OwnLease)?["spec"]!["renewTime"]!.GetValue<DateTimeOffset>() ?? default;

    private void PutLease(string id, string? address, int age, string? holder = null) => PutLease(
        "konnectivity-proxy-server-" + id, holder ?? id, age,
        annotations: address is null ? "{}" : $$"""{"clusterproxy.io/agent-address":"{{address}}"}""");
}
