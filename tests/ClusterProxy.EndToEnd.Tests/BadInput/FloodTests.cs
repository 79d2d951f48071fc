using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Client;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.BadInput;

/// <summary>Much of everything: memory stays bounded, the offender is answered or cut, and everyone else is served.</summary>
[Collection(QuietCollection.Name)]
public sealed class FloodTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task TenThousandDials_NeverAnswered_AreBounded_AndOthersWork()
    {
        const int Dials = 10_000;
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new()
        {
            Server = static o => o with
            {
                ProxyStrategies = [ProxyStrategy.DestHost, ProxyStrategy.DefaultRoute],
                MaxPendingDials = Dials,
                BackendDialTimeout = TimeSpan.Zero,
            },
            Agent = static (o, _) => o with { AgentIdentifiers = "default-route=true" },
        });
        await using var silent = await fixture.ConnectScriptedAgentAsync(identifiers: "host=silent");
        var listening = ListenAsync(silent);
        var flooder = fixture.Client(FrontendKind.GrpcUnix, static o => o.DialTimeout = Timeout.InfiniteTimeSpan);
        var memory = new ManagedMemory();
        using var cancel = new CancellationTokenSource();
        var dials = Enumerable.Range(0, Dials - 1).Select(_ => flooder.ConnectAsync("silent:1", cancel.Token)).ToList();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PendingDials, Dials - 1);

        // One is left for everyone else.
        await using (await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout())
        {
            dials.Add(flooder.ConnectAsync("silent:1", cancel.Token));
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.PendingDials, Dials);
            foreach (var kind in Enum.GetValues<FrontendKind>())
            {
                var refused = await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout());
                Assert.Contains("too many dials are pending", refused.Message, StringComparison.Ordinal);
            }
        }

        await ShouldBeSeenAsync(fixture);

        // Client, server and sockets of both are all in this process.
        memory.ShouldHaveGrownByLessThan(mebibytes: 1000);
        await cancel.CancelAsync();
        foreach (var dial in dials)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.DefaultTimeout());
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.DialFailures, Dials, ("reason", "frontend_close"));
        await fixture.ShouldBecomeIdleAsync();
        await using var after = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        await silent.DisposeAsync();
        await listening;
    }

    [Fact]
    public async Task HandshakeFlood_OfStrangers_WaitsOrIsCut_AndFrontendsWork()
    {
        const int Strangers = 100;
        const string Handshakes = "clusterproxy_server_agent_handshakes_total";
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Server = static o => o with { AgentHandshakeRate = 2 } });
        var flood = Enumerable.Range(0, Strangers).Select(async _ => await Record.ExceptionAsync(async () =>
        {
            await using var stream = await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, client: null, "h2");
        })).ToList();

        // Those that wait take a turn each.
        await fixture.ServerMetrics.WaitForAsync(Handshakes, static refused => refused > 0, ("result", "refused"));
        await using var stream = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        await stream.WriteAsync(new byte[10]).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();

        await Task.WhenAll(flood).DefaultTimeout();
        var refused = await fixture.ServerMetrics.ValueAsync(Handshakes, ("result", "refused"))
            + await fixture.ServerMetrics.ValueAsync(Handshakes, ("result", "too_late"));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, refused, ("plane", "agent"), ("reason", "turned_away"));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, Strangers, ("plane", "agent"));
        await ShouldBeSeenAsync(fixture);
        await fixture.ServerMetrics.WaitForZeroAsync("clusterproxy_server_agent_handshakes_waiting");
    }

    /// <summary>Takes what comes and says nothing: an agent that does not even read would lose its tunnel to so many packets.</summary>
    private static async Task ListenAsync(ScriptedPeer agent)
    {
        try
        {
            while (await agent.HearAsync() is not null)
            {
            }
        }
        catch (Exception e) when (e is IOException or GrpcException or OperationCanceledException or TimeoutException)
        {
            // The end of the test.
        }
    }

    [Theory]
    [MemberData(nameof(FrontendCases.Connect), MemberType = typeof(FrontendCases))]
    public async Task ConnectHeadOfOneMebibyte_Is431_AndCut(FrontendKind kind)
    {
        var audit = Own(new AuditFile());
        var fixture = await StartAsync(new() { Agents = 0, Server = audit.Use });
        await using var stream = await fixture.OpenFrontendAsync(kind);
        var answer = ReadToEndAsync(stream);

        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT a:1 HTTP/1.1\r\nX: {new string('x', 1024 * 1024)}")).DefaultTimeout();
        }
        catch (IOException)
        {
            // Cut before it had sent everything.
        }

        Assert.StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n", await answer.DefaultTimeout(), StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.RequestsRefused, 1, ("protocol", "http-connect"), ("status", "431"));
        await ShouldBeSeenAsync(fixture, audit);
    }

    [Theory]
    [InlineData("auto", "CONNECT a:1 HTTP/1.1\r\nX-Slow: ", true)]
    [InlineData("http-connect", "C", true)]
    [InlineData("auto", "PRI * HT", false)]
    [InlineData("grpc", "PRI * HT", false)]
    public async Task SlowHeads_EndAtTheHeadTimeout_AndOthersWork(string mode, string head, bool answered)
    {
        const int Clients = 200;
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Mode = mode, Server = static o => o with { ConnectHeadTimeout = TimeSpan.FromSeconds(2) } });
        var kind = mode == "http-connect" ? FrontendKind.ConnectTls : FrontendKind.GrpcTls;
        var memory = new ManagedMemory();
        var slow = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            var stream = Own(await Sockets.ConnectUnixAsync(fixture.SocketPath));
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            return stream;
        })).DefaultTimeout();

        await using (await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout())
        {
            memory.ShouldHaveGrownByLessThan(mebibytes: 100);
        }

        foreach (var stream in slow)
        {
            Assert.StartsWith(answered ? "HTTP/1.1 408 Request Timeout\r\n" : "", await ReadToEndAsync(stream).DefaultTimeout(), StringComparison.Ordinal);
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.RequestsRefused, Clients, ("protocol", "http-connect"), ("status", "408"));
        await ShouldBeSeenAsync(fixture);
        await fixture.ShouldBecomeIdleAsync();
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("frontend")]
    [InlineData("health")]
    public async Task TcpResetStorm_IsForgotten_AndOthersWork(string plane)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        var port = plane switch
        {
            "agent" => fixture.Server.AgentPort,
            "frontend" => fixture.Server.FrontendPort,
            _ => fixture.Server.HealthPort,
        };
        var memory = new ManagedMemory();

        for (var i = 0; i < 1000; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(enable: true, seconds: 0) };
            await socket.ConnectAsync(IPAddress.Loopback, port).DefaultTimeout();
            if (i % 2 == 0)
            {
                await socket.SendAsync(new byte[] { 0x16, 3, 1, 2, 0 }).DefaultTimeout();
            }
        }

        await running.WriteAsync(new byte[1]).DefaultTimeout();
        await running.ReadExactlyAsync(new byte[1]).DefaultTimeout();
        memory.ShouldHaveGrownByLessThan(mebibytes: 100);
        if (plane != "health")
        {
            await ShouldBeSeenAsync(fixture);
        }
    }

    [Fact]
    public async Task StreamResetStorm_LeavesNothing_AndOthersWork()
    {
        var echo = Own(new EchoTarget());
        var audit = Own(new AuditFile());
        var fixture = await StartAsync(new() { Server = audit.Use });
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        var memory = new ManagedMemory();

        for (var i = 0; i < 1000; i++)
        {
            await using var frontend = await fixture.OpenScriptedFrontendAsync();
            await frontend.SendAsync(PacketFactory.DialRequest("tcp", echo.Address, random: i));
        }

        await running.WriteAsync(new byte[1]).DefaultTimeout();
        await running.ReadExactlyAsync(new byte[1]).DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(echo.Open.Value), static open => open == 1);
        await ShouldBeSeenAsync(fixture, audit);
        memory.ShouldHaveGrownByLessThan(mebibytes: 200);
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var read)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Reset behind the answer: the client still had something to say.
        }

        return text.ToString();
    }
}
