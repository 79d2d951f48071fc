using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>A tunnel that is lost, or takes nothing more, in the middle of many bulk transfers.</summary>
public sealed class LostTunnelTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Length = 64 * 1024 * 1024;

    [Fact]
    public async Task TunnelCut_InManyDownloads_FailsEach_AndIsNoDefect()
    {
        var source = Own(new SourceTarget(Length));
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.GrpcTls);
        for (var round = 0; round < 6; round++)
        {
            var streams = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.ConnectAsync(source.Address))).DefaultTimeout();
            var downloads = streams.Select(ReadToEndAsync).ToList();
            var passed = fixture.Relay.ToDestination.BytesPassed;
            await passed.WaitForAtLeastAsync(passed.Value + 1_000_000).DefaultTimeout();

            fixture.Relay.Cut(reset: round % 2 == 0);

            foreach (var download in downloads)
            {
                var error = await Assert.ThrowsAsync<IOException>(() => download.DefaultTimeout());
                Assert.Contains("the tunnel to the agent was lost", error.Message, StringComparison.Ordinal);
            }

            await source.Open.WaitForAsync(0).DefaultTimeout();
            await fixture.ShouldBecomeIdleAsync();
            await fixture.WaitForAgentsAsync();
        }
    }

    [Fact]
    public async Task AgentStopped_WhileTheServerTakesNothing_EndsInTime()
    {
        var source = Own(new SourceTarget(Length));
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.GrpcTls);
        var streams = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.ConnectAsync(source.Address))).DefaultTimeout();
        fixture.Relay.ToDestination.Mode = RelayMode.Stall;
        var downloads = streams.Select(ReadToEndAsync).ToList();
        await Eventually.StandsStillAsync(source.BytesSent);

        await fixture.StopAgentAsync(fixture.Agents[0]);

        fixture.Relay.Cut();
        fixture.Relay.Mend();
        foreach (var download in downloads)
        {
            await Assert.ThrowsAsync<IOException>(() => download.DefaultTimeout());
        }
    }

    private static async Task ReadToEndAsync(TunnelStream stream)
    {
        await using var read = stream;
        var piece = new byte[64 * 1024];
        while (await stream.ReadAsync(piece) > 0)
        {
        }
    }
}
