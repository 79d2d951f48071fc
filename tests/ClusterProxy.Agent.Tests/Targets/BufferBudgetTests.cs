using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent.Tests.Targets;

public sealed class BufferBudgetTests : IDisposable
{
    private const int Piece = 32 * 1024;

    /// <summary>More than one piece on its way through takes.</summary>
    private const int Budget = 2 * Piece;

    /// <summary>More than any kernel keeps of one connection.</summary>
    private const int Most = 64 * 1024 * 1024;

    /// <summary>Sent without any grant.</summary>
    private const int InitialWindow = 64 * 1024;

    private const PacketType Credit = (PacketType)65;

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task BuffersFull_ByATargetThatDoesNotRead_DialsAreRefused_UntilItHasGone()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var agent = await StartAsync(server);
        var tunnel = await server.TunnelAsync();
        await using var echo = new EchoTarget();
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        var id = await tunnel.ConnectAsync($"{deaf.LocalEndpoint}");

        var error = "";
        for (var sent = 0; error.Length == 0 && sent < Most; sent += Piece)
        {
            await tunnel.SendDataAsync(id, new byte[Piece]);
            error = await TryDialAsync(tunnel, echo.Address);
        }

        Assert.Equal($"dial tcp: the agent's buffers are full, {Budget} bytes; try again later", error);
        Assert.Contains(agent.Records, static r => r.EventName == "BuffersFull");
        deaf.Stop();
        await tunnel.ReceiveCloseAsync(id);
        await Eventually.ObserveAsync(() => TryDialAsync(tunnel, echo.Address), static e => e.Length == 0);
    }

    [Fact]
    public async Task BuffersFull_ByAFrontendThatGrantsNothing_DialsAreRefused_UntilItHasGone()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        server.Features = "credit";
        await using var agent = await StartAsync(server);
        var tunnel = await server.TunnelAsync();
        await using var echo = new EchoTarget();
        await using var source = new SourceTarget(Most);
        var id = await tunnel.ConnectAsync(source.Address);
        await tunnel.ReceiveDataAsync(id, InitialWindow);

        // That the sender waits for more.
        await tunnel.ReceiveAsync(Credit);
        await Eventually.ObserveAsync(() => TryDialAsync(tunnel, echo.Address), static e => e.Contains("buffers are full", StringComparison.Ordinal));

        await tunnel.SendCloseAsync(id);
        await tunnel.ReceiveCloseAsync(id);
        await Eventually.ObserveAsync(() => TryDialAsync(tunnel, echo.Address), static e => e.Length == 0);
    }

    private Task<AgentUnderTest> StartAsync(ScriptedServer server) =>
        AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port) with { BufferBudget = Budget });

    /// <summary>Why there is no connection; empty when there was one, which is over again.</summary>
    private static async Task<string> TryDialAsync(ScriptedTunnel tunnel, string address)
    {
        var answer = await tunnel.DialAsync(address);
        if (answer.Error.Length == 0)
        {
            await tunnel.SendCloseAsync(answer.ConnectID);
            await tunnel.ReceiveCloseAsync(answer.ConnectID);
        }

        return answer.Error;
    }
}
