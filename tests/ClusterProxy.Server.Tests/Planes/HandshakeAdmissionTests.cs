using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Planes;

public sealed class HandshakeAdmissionTests
{
    private const string Handshakes = "clusterproxy_server_agent_handshakes_total";
    private const string Waiting = "clusterproxy_server_agent_handshakes_waiting";

    [Fact]
    public async Task Handshakes_ThatComeTooFast_WaitTheirTurn_AndThoseThatWouldWaitTooLong_AreTurnedAway()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(static o => o with { AgentHandshakeRate = 1 }, time);

        await server.ConnectAgentAsync("at-once");
        var waiting = Enumerable.Range(0, 5).Select(i => CallAsync(server, $"waiting-{i}")).ToArray();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Metric(Waiting).Value()), static count => count == 5);
        await Assert.ThrowsAsync<GrpcException>(() => CallAsync(server, "turned-away").DefaultTimeout());

        Assert.All(waiting, static w => Assert.False(w.IsCompleted));
        Assert.Single(server.Host.Agents.Tunnels);
        time.Advance(TimeSpan.FromSeconds(5));
        var calls = await Task.WhenAll(waiting).DefaultTimeout();

        Assert.Equal(6, server.Host.Agents.Tunnels.Length);
        Assert.Equal(0, server.Metric(Waiting).Value());
        Assert.Equal(1, server.Metric(Handshakes).Value(("result", "at_once")));
        Assert.Equal(5, server.Metric(Handshakes).Value(("result", "delayed")));
        Assert.Equal(1, server.Metric(Handshakes).Value(("result", "refused")));
        Assert.Equal(
            1, server.Metric("clusterproxy_server_tls_handshake_failures_total").Value(("plane", "agent"), ("reason", "turned_away")));
        Assert.Single(server.Log.Records, static r => r.EventName == "HandshakesRefused");
        foreach (var call in calls)
        {
            await call.DisposeAsync();
        }
    }

    private static async Task<GrpcClientCall> CallAsync(TestServer server, string id)
    {
        var call = await server.CallAgentPortAsync([new("agentid", id), new("agentidentifiers", "")]);
        await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        return call;
    }
}
