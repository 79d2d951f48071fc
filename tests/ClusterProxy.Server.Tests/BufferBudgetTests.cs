using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Routing;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

/// <summary>What waits for one end that takes nothing counts, whichever end that is.</summary>
public sealed class BufferBudgetTests
{
    private const int Piece = 32 * 1024;

    /// <summary>More than one piece on its way through takes.</summary>
    private const int Budget = 2 * Piece;

    /// <summary>More than any kernel or HTTP/2 window keeps of one connection.</summary>
    private const int Most = 64 * 1024 * 1024;

    [Fact]
    public async Task BuffersFull_ByAFrontendThatDoesNotRead_DialsAreRefused_UntilItHasGone()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync();
        var slow = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await slow.DialAsync();
        await accepted;

        for (var sent = 0; server.Host.Router.Refusal is null && sent < Most; sent += Piece)
        {
            await agent.SendDataAsync(1, new byte[Piece]);
        }

        await ExpectRefusalAsync(server);
        await slow.DisposeAsync();
        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await ShouldDialAsync(server, agent);
    }

    [Fact]
    public async Task BuffersFull_ByAnAgentThatGrantsNothing_DialsAreRefused_UntilItsConnectionHasGone()
    {
        await using var server = await StartAsync();
        var agent = await server.ConnectAgentAsync(features: "credit");
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(1);
        await client.ReadTextAsync(RawHttp.Established.Length);

        var sending = client.WriteAsync(new byte[Most]).AsTask();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Router.Refusal), static r => r == DialFailureReason.BuffersFull);

        await ExpectRefusalAsync(server);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(() => sending.DefaultTimeout()));
        await ShouldDialAsync(server, agent);
    }

    private static Task<TestServer> StartAsync() =>
        TestServer.StartAsync(static o => o with { Mode = FrontendMode.Auto, BufferBudget = Budget });

    private static async Task ExpectRefusalAsync(TestServer server)
    {
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var refusal = await client.ReadRefusalAsync();
        Assert.StartsWith("HTTP/1.1 503 ", refusal.StatusLine, StringComparison.Ordinal);
        Assert.Contains("buffers are full", refusal.Body, StringComparison.Ordinal);
    }

    private static async Task ShouldDialAsync(TestServer server, ScriptedPeer agent)
    {
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Router.Refusal), static r => r is null);
        var frontend = await server.OpenFrontendAsync();
        var dialing = frontend.DialAsync();
        HeardPacket? heard;
        do
        {
            heard = await agent.HearAsync();
        }
        while (heard is { Type: not PacketType.DialReq });

        await agent.SendAsync(PacketFactory.DialResponse(heard!.Message!.DialRequest.Random, 2));
        await dialing;
    }
}
