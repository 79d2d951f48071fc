using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ClusterProxy.Agent;
using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Processes;

/// <summary>The server's binary and its signals.</summary>
public sealed class ServerProcessTests(ITestOutputHelper output) : TunnelTest(output)
{
    private readonly HttpClient _http = new();
    private TestCertificates? _frontendPlane;

    [Theory]
    [InlineData(TunnelTransport.Grpc)]
    [InlineData(TunnelTransport.HttpConnect)]
    public async Task Server_OnTerm_IsNotReady_FinishesRunningConnection_RefusesDials_AndExitsZero(TunnelTransport transport)
    {
        var target = await StartHttpTargetAsync();
        var (server, flags, client) = await StartAsync(transport, "30s");
        using var http = new HttpClient(new TunnelHttpHandler(client));
        http.DefaultRequestHeaders.ConnectionClose = true;
        var running = http.GetStringAsync(new Uri(target.Url, "/slow"));
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        server.Signal(ProgramSignal.Terminate);

        await Eventually.ObserveAsync(
            async () => (await _http.GetAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/readyz"))).StatusCode,
            static status => status == HttpStatusCode.InternalServerError);
        await client.ShouldBeRefusedAsync(target.Address);
        Assert.False(server.HasExited);
        target.Slow.Continue();
        Assert.Equal(target.Body, await running.DefaultTimeout());
        await server.ExpectExitAsync(0);
    }

    [Fact]
    public async Task Server_SecondSignal_EndsItAtOnceWithOne()
    {
        var echo = Own(new EchoTarget());
        var (server, _, client) = await StartAsync(TunnelTransport.Grpc, "1h");
        await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        server.Signal(ProgramSignal.Interrupt);
        await server.WaitForLineAsync("Shutting down");

        server.Signal(ProgramSignal.Terminate);

        await server.ExpectExitAsync(1);
        await echo.EndedByPeer.WaitForAsync(1).DefaultTimeout();
    }

    /// <summary>What is open already must not stand still for what cannot be accepted.</summary>
    [Fact]
    public async Task Server_OutOfHandles_ServesWhatIsOpen_AndAcceptsAgainLater()
    {
        var echo = Own(new EchoTarget());
        var (server, flags, client) = await StartAsync(TunnelTransport.Grpc, "1s");
        await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await EchoAsync(stream);
        var waiting = new List<Socket>();
        const int KeptByTheProgram = 64;
        server.LimitHandles(Directory.GetFileSystemEntries($"/proc/{server.Id}/fd").Length + KeptByTheProgram + 8);
        for (var i = 0; i < 16; i++)
        {
            var socket = Own(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(IPAddress.Loopback, int.Parse(flags["server-port"])).DefaultTimeout();
            waiting.Add(socket);
        }

        await server.WaitForLineAsync("cannot be accepted");
        for (var i = 0; i < 100; i++)
        {
            await EchoAsync(stream);
        }

        Assert.True((await _http.GetAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz")).DefaultTimeout()).IsSuccessStatusCode);
        waiting.ForEach(static socket => socket.Dispose());
        var late = Own(new TunnelClient(LoopbackClient.Options(int.Parse(flags["server-port"]), _frontendPlane!)));
        await Eventually.ObserveAsync(async () =>
        {
            try
            {
                await using var another = await late.ConnectAsync(echo.Address).DefaultTimeout();
                await EchoAsync(another);
                return true;
            }
            catch (TunnelConnectException)
            {
                // The server has not noticed yet that those who waited are gone.
                return false;
            }
        });

        static async Task EchoAsync(TunnelStream stream)
        {
            await stream.WriteAsync("here"u8.ToArray()).DefaultTimeout();
            await stream.ReadExactlyAsync(new byte[4]).DefaultTimeout();
        }
    }

    [Fact]
    public async Task Server_WithItsAuditOnStandardOutput_WritesJsonThere_AndItsLogElsewhere()
    {
        var (agents, frontends) = (Own(new TestCertificates()), Own(new TestCertificates()));
        var flags = LoopbackPrograms.Server(agents, frontends);
        flags["audit-log-path"] = "-";
        var server = Own(LoopbackPrograms.StartServer(flags));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz"));
        await using var stream = await Sockets.ConnectTlsAsync(int.Parse(flags["server-port"]), frontends, frontends.Client("auditor"), "http/1.1");

        await stream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray()).DefaultTimeout();

        await server.WaitForLineAsync("\"event\":\"request\"");
        var lines = server.Lines.Where(static l => !l.IsError).Select(static l => l.Text).ToList();
        Assert.All(lines, static l => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(l).RootElement.ValueKind));
        Assert.Contains("[\"cn:auditor\"]", lines[^1], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Server_WithoutIPv6_ListensOnIPv4()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "this machine has no IPv6, so every test shows it");
        var flags = LoopbackPrograms.Server(Own(new TestCertificates()), Own(new TestCertificates()));
        (flags["health-bind-address"], flags["admin-bind-address"]) = ("", "");
        var server = Own(LoopbackPrograms.StartServer(flags, [new("DOTNET_SYSTEM_NET_DISABLEIPV6", "1")]));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz"));

        foreach (var flag in new[] { "health-port", "admin-port" })
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            var error = await Assert.ThrowsAsync<SocketException>(
                () => socket.ConnectAsync(IPAddress.IPv6Loopback, int.Parse(flags[flag])).DefaultTimeout());
            Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        }
    }

    private async Task<(ProgramProcess Server, Dictionary<string, string> Flags, TunnelClient Client)> StartAsync(
        TunnelTransport transport, string grace)
    {
        var agentPlane = Own(new TestCertificates("agents"));
        var frontendPlane = _frontendPlane = Own(new TestCertificates("frontends"));
        var flags = LoopbackPrograms.Server(agentPlane, frontendPlane);
        flags["graceful-shutdown-timeout"] = grace;
        flags["shutdown-delay"] = "0s";
        var server = Own(LoopbackPrograms.StartServer(flags));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz"));
        var log = Own(new FailOnErrorLog());
        var relay = Own(new TcpRelay(int.Parse(flags["agent-port"])).Disturb(SeededRandom.SeedOfThisRun));
        Own(await ProxyAgentHost.StartAsync(
            LoopbackOptions.Agent("agent", agentPlane, relay.Port), log.CreateFactory(), TimeProvider.System, static _ => null)
            .DefaultTimeout());
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/readyz"));
        var options = LoopbackClient.Options(int.Parse(flags["server-port"]), frontendPlane);
        options.Transport = transport;
        return (server, flags, Own(new TunnelClient(options)));
    }
}
