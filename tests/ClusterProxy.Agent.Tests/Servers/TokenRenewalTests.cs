using ClusterProxy.Agent.Tests.Scripted;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class TokenRenewalTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _directory.Dispose();
        _certificates.Dispose();
    }

    /// <summary>Upstream's server takes the connections of two tunnels by one agent for one another's.</summary>
    [Fact]
    public async Task NewerToken_OpensAnotherTunnel_ToAServerOfThisProjectOnly()
    {
        var path = _directory.File("token");
        WriteEndingIn(10);
        await using var ours = await ScriptedServer.StartAsync(_certificates);
        ours.Features = "half-close";
        await using var upstreams = await ScriptedServer.StartAsync(_certificates);
        await using var one = await AgentUnderTest.StartAsync(Options(ours));
        await using var other = await AgentUnderTest.StartAsync(Options(upstreams));
        await upstreams.TunnelAsync();
        await ours.TunnelAsync();

        WriteEndingIn(15);
        await ours.TunnelAsync(1);
        WriteEndingIn(20);
        await ours.TunnelAsync(2);

        Assert.Equal(1, upstreams.Calls.Value);

        AgentOptions Options(ScriptedServer server) => AgentUnderTest.Options(_certificates, server.Port) with { ServiceAccountTokenPath = path };

        // Of ten hours, so that half an hour before its end is the latest time to renew.
        void WriteEndingIn(int minutes)
        {
            var end = DateTimeOffset.UtcNow.AddMinutes(minutes);
            File.WriteAllText(path, WebToken.Of(end.AddHours(-10), end));
        }
    }

    [Fact]
    public async Task ConnectIds_AreUniqueOverTunnels()
    {
        await using var target = new EchoTarget();
        await using var first = await ScriptedServer.StartAsync(_certificates);
        await using var second = await ScriptedServer.StartAsync(_certificates);
        first.ServerCount = second.ServerCount = "2";
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, first.Port) with
        {
            ProxyServerHost = [new HostPort("127.0.0.1", first.Port), new HostPort("127.0.0.1", second.Port)],
        });
        var tunnels = new[] { await first.TunnelAsync(), await second.TunnelAsync() };

        var ids = new HashSet<long>();
        foreach (var tunnel in tunnels.Concat(tunnels))
        {
            Assert.True(ids.Add(await tunnel.ConnectAsync(target.Address)));
        }
    }
}
