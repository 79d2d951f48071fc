using System.Net.Security;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Frontend;

/// <summary>Connections that carry many dials, when the certificate that opened them ends.</summary>
public sealed class FrontendExpiryTests
{
    /// <summary>Less than a frontend may owe an answer to a ping.</summary>
    private static readonly TimeSpan Left = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Http2Connection_IsAskedToGo_AndItsStreamsGoOn()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time: time, tcp: true);
        server.FrontendCertificate = server.FrontendCertificates.EndingClient(Left);
        var agent = await server.ConnectAgentAsync();
        var connections = 0;
        var invoker = server.FrontendHandler(() => connections++);
        var running = await server.OpenFrontendAsync(invoker);
        var id = await DialAsync(running, agent, 1);

        PassTheEnd(time, server.FrontendCertificate);

        await server.Log.Log.WaitForAsync("FrontendCertificateEnded").DefaultTimeout();
        server.FrontendCertificate = null;
        await Eventually.ObserveAsync(async () =>
        {
            await using var probe = await server.OpenFrontendAsync(invoker);
            return connections;
        }, static c => c == 2);
        await DialAsync(await server.OpenFrontendAsync(invoker), agent, 2);
        await running.SendDataAsync(id, "goes on"u8.ToArray());
        Assert.Equal("goes on"u8.ToArray(), (await agent.HearPastProbesAsync(PacketType.Data)).Payload);
    }

    [Fact]
    public async Task Lane_IsDrained()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time: time, tcp: true);
        server.FrontendCertificate = server.FrontendCertificates.EndingClient(Left);
        await using var tls = (SslStream)await server.DialFrontendAsync(LaneProtocol.Alpn.ToString());
        var reader = new PacketReader(LaneProtocol.CreateInput(tls));
        var answer = await LaneHandshake.OpenAsync(
            reader, LaneProtocol.CreateOutput(tls), TunnelFeatures.FrontendLane, CancellationToken.None).DefaultTimeout();
        Assert.Equal("", answer.Error);

        PassTheEnd(time, server.FrontendCertificate);

        await server.Log.Log.WaitForAsync("FrontendCertificateEnded").DefaultTimeout();
        var heard = new List<PacketType>();
        while (await reader.ReadAsync(CancellationToken.None).DefaultTimeout())
        {
            while (reader.TryRead(out var packet))
            {
                heard.Add(packet.Type);
            }
        }

        // Nothing ran on it, so it has ended, too.
        Assert.Contains(PacketType.Drain, heard);
    }

    /// <summary>It was issued by the real clock.</summary>
    private static void PassTheEnd(ManualTime time, TestCertificate certificate) =>
        time.Advance(certificate.Certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(1));

    private static async Task<long> DialAsync(ScriptedPeer frontend, ScriptedPeer agent, long connectId)
    {
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = (await agent.HearPastProbesAsync(PacketType.DialReq)).Message!.DialRequest;
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, connectId));
        return (await frontend.HearAsync(PacketType.DialRsp)).Message!.DialResponse.ConnectID;
    }
}
