using System.Diagnostics.Metrics;
using System.Net;
using ClusterProxy.Agent.Servers;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class ServerLinkTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task AttemptThatFailsByADefect_IsLogged_AndFollowedByAnother()
    {
        await using var first = await ScriptedServer.StartAsync(_certificates);
        await using var second = await ScriptedServer.StartAsync(_certificates);
        (first.ServerId, first.Features) = ("a", "servers");
        (second.ServerId, second.Features) = ("b", "servers");
        first.Servers = second.Servers = new ServerList
        {
            Servers =
            {
                new ListedServer { Id = "a", Host = "127.0.0.1", Port = first.Port },
                new ListedServer { Id = "b", Host = "b.test", Port = second.Port, CertificateName = "localhost" },
            },
        };
        var asked = 0;
        var lookup = new NameLookup(_ => Interlocked.Increment(ref asked) == 1
            ? throw new InvalidOperationException("a defect of this test")
            : Task.FromResult(new[] { IPAddress.Loopback }));
        using var log = new FailOnErrorLog("ConnectFaulted");
        await using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new AgentMetrics(meters.GetRequiredService<IMeterFactory>());
        await using var pool = Pool(
            first.Port, lookup,
            new AgentContext(TunnelLimits.Default, metrics, log.CreateFactory().CreateLogger("agent"), TimeProvider.System));

        pool.Start();

        await second.TunnelAsync();
        Assert.Equal("a defect of this test", log.Records.Single(static r => r.EventName == "ConnectFaulted").Exception?.Message);
    }

    private ServerPool Pool(int port, NameLookup lookup, AgentContext context)
    {
        var authorities = CaBundle.Load("authority", _certificates.AuthorityFile);
        var connect = new ServerConnectorOptions
        {
            Servers = [new ServerAddress("127.0.0.1", port)],
            AgentId = "agent",
            Tls = new ClientTls(new ClientTlsOptions { ServerCa = () => authorities }, context.Time),
            LanesPerTunnel = 0,
        };
        var transport = new ServerTransport(connect, lookup, context.Time);
        return new ServerPool(
            new ServerPoolOptions { SyncInterval = TimeSpan.FromMilliseconds(10), SyncIntervalCap = TimeSpan.FromMilliseconds(10) },
            new ServerConnector(connect, transport, context.Time),
            new LaneConnector(connect, transport, TunnelLimits.Default.MaxMessageSize, context.Time),
            new TargetDialer(lookup, TargetPolicy.Default, TargetAliases.None, TimeSpan.FromSeconds(5), context.Time),
            new TunnelRenewal(null, null, context.Time, context.Logger), context);
    }
}
