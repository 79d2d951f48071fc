using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Tests.Kit;
using Microsoft.Extensions.Logging.Abstractions;

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

        // The answer comes just before the tunnel can be dialled on.
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels.Length), static count => count == 6);
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

    [Fact]
    public async Task Lanes_WaitForTunnels_AndNoMoreOfThemThanTunnels()
    {
        var time = new ManualTime();
        var admission = new HandshakeAdmission(1, time, new ServerMetrics(IdleTunnels.CreateMeters()), NullLogger.Instance);
        Assert.NotNull(await admission.AdmitAsync(isLane: true, static () => TimeSpan.Zero, CancellationToken.None));
        var lanes = Enumerable.Range(0, 6).Select(_ => admission.AdmitAsync(isLane: true, static () => TimeSpan.Zero, CancellationToken.None).AsTask()).ToArray();
        var tunnels = Enumerable.Range(0, 3).Select(_ => admission.AdmitAsync(isLane: false, static () => TimeSpan.Zero, CancellationToken.None).AsTask()).ToArray();
        Assert.Null(await lanes[5].DefaultTimeout());

        // Each tunnel has a second to itself, although it came behind the lanes.
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.All(await Task.WhenAll(tunnels).DefaultTimeout(), Assert.NotNull);
        Assert.DoesNotContain(lanes[..5], static lane => lane.IsCompletedSuccessfully && lane.Result is not null);

        // What is left of their five seconds is enough for one or two of the lanes.
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return Task.FromResult(lanes.All(static lane => lane.IsCompleted));
        });
        Assert.InRange((await Task.WhenAll(lanes)).Count(static admitted => admitted is not null), 1, 2);
    }

    [Fact]
    public async Task Nobody_IsAdmitted_WhileThoseBefore_WaitForAProcessor()
    {
        var time = new ManualTime();
        var admission = new HandshakeAdmission(1, time, new ServerMetrics(IdleTunnels.CreateMeters()), NullLogger.Instance);
        using var processor = new ManualResetEventSlim();
        for (var turn = 0; turn < Environment.ProcessorCount + 5; turn++)
        {
            admission.Turns.Queue(new Turn(processor.Wait));
        }

        await Eventually.ObserveAsync(() => Task.FromResult(!admission.HasRoom()));
        var first = admission.AdmitAsync(isLane: false, static () => TimeSpan.Zero, CancellationToken.None).AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(first.IsCompleted);
        processor.Set();
        await Eventually.ObserveAsync(() => Task.FromResult(admission.Turns.Count == 0));
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            return Task.FromResult(first.IsCompleted);
        });

        Assert.NotNull(await first);
        Assert.True(admission.HasRoom());
    }

    [Fact]
    public async Task Client_ThatLeaves_CostsNoHandshake_AndItsTurnIsAnothers()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(static o => o with { AgentHandshakeRate = 1 }, time);
        await server.ConnectAgentAsync("at-once");
        using (var leaving = new TcpClient())
        {
            await leaving.ConnectAsync(IPAddress.Loopback, server.Host.AgentPort).DefaultTimeout();
            await using var tls = new SslStream(leaving.GetStream());
            using var enough = new CancellationTokenSource();
            var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, enough.Token);
            await Eventually.ObserveAsync(() => Task.FromResult(server.Metric(Waiting).Value()), static count => count == 1);
            await enough.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => handshake).DefaultTimeout();
        }

        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.ObserveAsync(
            () => Task.FromResult(server.Metric(Handshakes).Value(("result", "too_late"))), static count => count == 1);
        await (await CallAsync(server, "next")).DisposeAsync();

        Assert.Equal(0, server.Metric(Handshakes).Value(("result", "delayed")));
        Assert.Equal(2, server.Metric(Handshakes).Value(("result", "at_once")));
    }

    [Fact]
    public async Task Client_ThatHasWaitedForTooLong_IsNotBegunWith()
    {
        var admission = new HandshakeAdmission(1, new ManualTime(), new ServerMetrics(IdleTunnels.CreateMeters()), NullLogger.Instance);

        Assert.Null(await admission.AdmitAsync(isLane: false, static () => TimeSpan.FromSeconds(7), CancellationToken.None));

        Assert.NotNull(await admission.AdmitAsync(isLane: false, static () => TimeSpan.FromSeconds(5), CancellationToken.None));
    }

    [Fact]
    public async Task Handshakes_UnderWay_AreFew_UntilSomeAreDone_OrTakeTooLong()
    {
        var time = new ManualTime();
        var admission = new HandshakeAdmission(20, time, new ServerMetrics(IdleTunnels.CreateMeters()), NullLogger.Instance);
        var begun = new List<HandshakePermit?>();
        for (var i = 0; i < 10; i++)
        {
            begun.Add(await AdmitAsync().DefaultTimeout());
            time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.DoesNotContain(null, begun);
        var next = AdmitAsync();
        var last = AdmitAsync();
        time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.False(next.IsCompleted || last.IsCompleted);

        begun[3]!.Dispose();
        begun[3]!.Dispose();
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.NotNull(await (await Task.WhenAny(next, last)).DefaultTimeout());
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.False(next.IsCompleted && last.IsCompleted);

        // Those that began and say nothing.
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            return Task.FromResult(next.IsCompleted && last.IsCompleted);
        });
        Assert.NotNull(await next);
        Assert.NotNull(await last);

        Task<HandshakePermit?> AdmitAsync() =>
            admission.AdmitAsync(isLane: false, static () => TimeSpan.Zero, CancellationToken.None).AsTask();
    }

    /// <summary>Else those behind the tenth would wait for 3 s, which do not pass here.</summary>
    [Fact]
    public async Task Handshake_ThatHasItsCall_IsUnderWayNoMore()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(static o => o with { AgentHandshakeRate = 10 }, time);

        for (var i = 0; i < 12; i++)
        {
            await server.ConnectAgentAsync($"agent-{i}");
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(12, server.Metric(Handshakes).Value(("result", "at_once")));
    }

    [Fact]
    public async Task Lane_IsKnownByItsHandshake()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(static o => o with { AgentHandshakeRate = 1 }, time);
        await server.ConnectAgentAsync("at-once");
        var tunnel = CallAsync(server, "tunnel");
        await Eventually.ObserveAsync(() => Task.FromResult(server.Metric(Waiting).Value()), static count => count == 1);

        // A second lane would wait, too: its token is two seconds away. A tunnel takes it.
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Host.AgentPort).DefaultTimeout();
        await using var tls = new SslStream(socket.GetStream());
        var lane = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [LaneProtocol.Alpn],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        await Eventually.ObserveAsync(() => Task.FromResult(server.Metric(Waiting).Value()), static count => count == 2);
        var last = CallAsync(server, "last");
        await Eventually.ObserveAsync(() => Task.FromResult(server.Metric(Waiting).Value()), static count => count == 3);

        time.Advance(TimeSpan.FromSeconds(2));
        foreach (var call in await Task.WhenAll(tunnel, last).DefaultTimeout())
        {
            await call.DisposeAsync();
        }

        Assert.False(lane.IsCompleted);
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            return Task.FromResult(lane.IsCompleted);
        });
        await lane;
    }

    private sealed class Turn(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private static async Task<GrpcClientCall> CallAsync(TestServer server, string id)
    {
        var call = await server.CallAgentPortAsync([new("agentid", id), new("agentidentifiers", "")]);
        await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        return call;
    }
}
