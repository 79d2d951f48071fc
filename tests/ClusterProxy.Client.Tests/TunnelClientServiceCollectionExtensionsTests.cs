using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tests;

public sealed class TunnelClientServiceCollectionExtensionsTests
{
    [Fact]
    public async Task AddTunnelClient_Resolved_IsOneClientWithTheContainersLogAndMeters()
    {
        using var log = new CapturedLog();
        await using var server = await ScriptedServer.StartAsync();
        await using var services = new ServiceCollection()
            .AddMetrics()
            .AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(log))
            .AddTunnelClient(o => o.Address = server.Address)
            .BuildServiceProvider();

        var client = services.GetRequiredService<TunnelClient>();
        await server.ConnectAsync(client);

        Assert.Same(client, services.GetRequiredService<TunnelClient>());
        Assert.Contains("node1:443", (await log.WaitForAsync("Dialed").DefaultTimeout()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddTunnelClient_ContainerDisposedSynchronously_Works()
    {
        var services = new ServiceCollection().AddTunnelClient(o => o.Address = new Uri("unix:///x")).BuildServiceProvider();
        services.GetRequiredService<TunnelClient>();

        services.Dispose();
    }
}
