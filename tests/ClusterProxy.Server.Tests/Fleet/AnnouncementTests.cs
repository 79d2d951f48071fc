using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Fleet;

/// <summary>What agents hear of the set of servers, and which ones hear of it.</summary>
public sealed class AnnouncementTests : IDisposable
{
    private const string Header = "clusterproxy-servers-bin";

    private static readonly FleetServer[] Two = [new("server-under-test", "hub-a", 8091), new("b", "hub-b", 8091)];

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Connect_AgentWithTheFeature_IsToldInItsHeaders()
    {
        await using var server = await TestServer.StartAsync(o => o with { Servers = Two });

        var agent = await server.ConnectAgentAsync(features: "servers");

        Assert.Equal(new ServerSet([.. Two]), await ToldAsync(agent));
        Assert.Equal(2, server.Metric("clusterproxy_server_announced_servers").Value());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("half-close,credit,ping,lanes,trace")]
    public async Task Connect_AgentWithoutTheFeature_IsToldNothing(string? features)
    {
        await using var server = await TestServer.StartAsync(o => o with { Servers = Two, FanOut = 2 });

        var agent = await server.ConnectAgentAsync(features: features);

        Assert.False((await agent.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout()).Contains(Header));
    }

    [Fact]
    public async Task Connect_NoServersConfigured_NobodyIsToldAnything()
    {
        await using var server = await TestServer.StartAsync();

        var agent = await server.ConnectAgentAsync(features: "servers");

        Assert.False((await agent.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout()).Contains(Header));
    }

    [Fact]
    public async Task Connect_FanOut_IsToldWithTheClusterOfTheCertificateAsKey()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            Servers = Two,
            FanOut = 2,
            AgentIdentity = Server.Agents.Identity.AgentIdentityMode.Certificate,
        });
        server.AgentCertificate = server.AgentCertificates.Client("x:cluster:alpha");

        var agent = await server.ConnectAgentAsync(features: "servers");

        Assert.Equal(new ServerSet([.. Two], 2, "alpha"), await ToldAsync(agent));
    }

    [Fact]
    public async Task Connect_FanOutWithoutBoundIdentity_IsToldWithTheAgentsIdAsKey()
    {
        await using var server = await TestServer.StartAsync(o => o with { Servers = Two, FanOut = 2 });

        var agent = await server.ConnectAgentAsync("agent-7", features: "servers");

        Assert.Equal("agent-7", (await ToldAsync(agent)).Key);
    }

    [Fact]
    public async Task File_Changes_AgentsHearOfItOnTheirTunnel_AndABadOneChangesNothing()
    {
        var file = _folder.File("servers");
        File.WriteAllText(file, "server-under-test=hub-a:8091");
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(o => o with { ServersFile = file }, time);
        var silent = await server.ConnectAgentAsync("silent");
        var agent = await server.ConnectAgentAsync("agent", features: "servers");
        Assert.Equal(new ServerSet([Two[0]]), await ToldAsync(agent));

        File.WriteAllText(file, "server-under-test");
        await WaitForReloadAsync(server, time, "failure");
        await server.Log.Log.WaitForAsync("ServersFileRefused").DefaultTimeout();
        Assert.Contains("the servers that were read before count", await ReadyAsync(server), StringComparison.Ordinal);
        File.WriteAllText(file, "server-under-test=hub-a:8091\nb=hub-b:8091");
        await WaitForReloadAsync(server, time, "success");

        var packet = await agent.HearAsync(PacketType.Servers);
        Assert.Equal(new ServerSet([.. Two]), ServerSet.From(packet.Message!.Servers));
        Assert.Equal(2, server.Metric("clusterproxy_server_announced_servers").Value());

        // Its next packet is the dial, so there was none before.
        var frontend = await server.OpenFrontendAsync();
        await agent.DisposeAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels.Length == 1));
        var accepted = silent.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
    }

    [Fact]
    public async Task Servers_WithoutThisOne_AreWarnedOf()
    {
        await using var server = await TestServer.StartAsync(o => o with { Servers = Two[1..] });

        await server.Log.Log.WaitForAsync("ServerNotAnnounced").DefaultTimeout();
    }

    private static async Task<ServerSet> ToldAsync(ScriptedPeer agent)
    {
        var headers = await agent.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        return ServerSet.FromHeader(Assert.Single(headers.GetValues(Header)));
    }

    private static async Task<string> ReadyAsync(TestServer server)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz")).DefaultTimeout();
        return await response.Content.ReadAsStringAsync().DefaultTimeout();
    }

    private static Task WaitForReloadAsync(TestServer server, ManualTime time, string result) => Eventually.ObserveAsync(() =>
    {
        time.Advance(Hosting.Reloading.FileReloader.Interval);
        return Task.FromResult(server.Metric("clusterproxy_server_servers_file_reloads_total").Value(("result", result)) == 1);
    });
}
