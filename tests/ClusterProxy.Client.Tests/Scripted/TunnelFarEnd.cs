using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>Of a tunnel over HTTP/2.</summary>
internal sealed class TunnelFarEnd(ScriptedServer server) : FarEnd
{
    private ScriptedCall _call = null!;

    public override async Task ExpectEndAsync(byte[] last)
    {
        Assert.Equal(last, await _call.ExpectDataAsync(last.Length));
        await _call.ExpectAsync(PacketType.CloseReq);
    }

    public override Task AnswerCloseAsync() => _call.SendAsync(PacketFactory.CloseResponse(1));

    protected override Uri Address => server.Address;

    protected override async Task<TunnelStream> AcceptAsync(TunnelClient client)
    {
        (var stream, _call) = await server.ConnectAsync(client);
        return stream;
    }

    protected override ValueTask DisposeServerAsync() => server.DisposeAsync();
}
