using System.Globalization;
using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Restarts;

/// <summary>
/// Everything is replaced, one after the other, under requests. <c>CLUSTERPROXY_RESTART_ROUNDS</c> and
/// <c>CLUSTERPROXY_RESTART_RATE</c> (requests a second) make it longer and faster.
/// </summary>
public sealed class RollingRestartTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Replaced = 3;

    [Fact]
    public async Task ServersAndAgents_ReplacedOneAfterTheOther_FailNoRequest_AndCutNoConnection()
    {
        var (rounds, rate) = (Setting("CLUSTERPROXY_RESTART_ROUNDS", 2), Setting("CLUSTERPROXY_RESTART_RATE", 0));
        var target = await StartHttpTargetAsync();
        var echo = Own(new EchoTarget());
        var fleet = Own(await RestartFleet.StartAsync());
        var traffic = Own(new RestartTraffic(fleet, workers: rate > 0 ? 8 : 1, rate));
        var clients = new[]
        {
            fleet.Client(TunnelTransport.Grpc, lanes: 0), fleet.Client(TunnelTransport.HttpConnect, lanes: 0), fleet.Client(TunnelTransport.Lane, lanes: 2),
        };
        traffic.Start(target);

        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < Replaced; i++)
            {
                await WithConnectionsAsync(clients, echo, fleet.ReplaceServerAsync);
            }

            for (var i = 0; i < Replaced; i++)
            {
                await WithConnectionsAsync(clients, echo, fleet.ReplaceAgentAsync);
            }

            Output.WriteLine($"round {round + 1} of {rounds}: {traffic}, {traffic.Failures.Count} failed");
        }

        await traffic.StopAsync();
        Assert.Empty(traffic.Failures);
        Assert.True(traffic.Served > 0);
    }

    /// <summary>Has connections open when something begins to drain, and sees that they serve until they are closed from here.</summary>
    private static async Task WithConnectionsAsync(TunnelClient[] clients, EchoTarget echo, Func<Func<Task>, Task> replace)
    {
        var open = new List<TunnelStream>();
        foreach (var client in clients)
        {
            // Two each, so that round robin has most of them at more than one server.
            open.Add(await client.ConnectAsync(echo.Address).DefaultTimeout());
            open.Add(await client.ConnectAsync(echo.Address).DefaultTimeout());
        }

        await replace(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                foreach (var stream in open)
                {
                    await EchoAsync(stream);
                }

                // Nothing waits for this; it only spreads the looks over the drain.
                await Task.Delay(TimeSpan.FromMilliseconds(300));
            }

            foreach (var stream in open)
            {
                await stream.DisposeAsync().DefaultTimeout();
            }
        });
    }

    private static async Task EchoAsync(TunnelStream stream)
    {
        var sent = "still here"u8.ToArray();
        var received = new byte[sent.Length];
        await stream.WriteAsync(sent).DefaultTimeout();
        await stream.ReadExactlyAsync(received).DefaultTimeout();
        Assert.Equal(sent, received);
    }

    private static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
