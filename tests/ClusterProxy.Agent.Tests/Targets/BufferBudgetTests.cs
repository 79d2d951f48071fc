using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Tests.Scripted;

namespace ClusterProxy.Agent.Tests.Targets;

public sealed class BufferBudgetTests
{
    private const int Budget = 32 * 1024;

    /// <summary>More than any kernel keeps of one connection.</summary>
    private const int Most = 64 * 1024 * 1024;

    [Fact]
    public async Task BuffersFull_ByATargetThatDoesNotRead_DialsAreRefused_UntilItHasGone()
    {
        using var certificates = new TestCertificates();
        await using var server = await ScriptedServer.StartAsync(certificates);
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(certificates, server.Port) with { BufferBudget = Budget });
        var tunnel = await server.TunnelAsync();
        await using var echo = new EchoTarget();
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        var id = await tunnel.ConnectAsync($"{deaf.LocalEndpoint}");

        var error = "";
        for (var sent = 0; error.Length == 0 && sent < Most; sent += Budget)
        {
            await tunnel.SendDataAsync(id, new byte[Budget]);
            error = await TryDialAsync(tunnel, echo.Address);
        }

        Assert.Equal($"dial tcp: the agent's buffers are full, {Budget} bytes; try again later", error);
        Assert.Contains(agent.Records, static r => r.EventName == "BuffersFull");
        deaf.Stop();
        await tunnel.ReceiveCloseAsync(id);
        await Eventually.ObserveAsync(() => TryDialAsync(tunnel, echo.Address), static e => e.Length == 0);
    }

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
