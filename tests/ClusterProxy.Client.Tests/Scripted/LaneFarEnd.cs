using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>Of a connection on a lane.</summary>
internal sealed class LaneFarEnd : FarEnd
{
    private const long ConnectId = 7;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public LaneFarEnd() => _listener.Start();

    /// <summary>The one on which the connection is.</summary>
    public ScriptedLane Lane { get; private set; } = null!;

    public override async Task ExpectEndAsync(byte[] last)
    {
        await ExpectDataAsync(last);
        Assert.Equal(PacketType.CloseReq, (await Lane.NextAsync()).Type);
    }

    public async Task ExpectDataAsync(byte[] expected)
    {
        using var all = new MemoryStream();
        while (all.Length < expected.Length)
        {
            var packet = await Lane.NextAsync();
            Assert.Equal(PacketType.Data, packet.Type);
            all.Write(packet.Payload);
        }

        Assert.Equal(expected, all.ToArray());
    }

    public Task GrantAsync(int bytes) => Lane.SendAsync(PacketFactory.Credit(ConnectId, bytes));

    public override Task AnswerCloseAsync() => Lane.SendAsync(PacketFactory.CloseResponse(ConnectId));

    protected override Uri Address => new($"http://{_listener.LocalEndpoint}");

    protected override async Task<TunnelStream> AcceptAsync(TunnelClient client)
    {
        var dialing = client.ConnectAsync("node1:443");
        Lane = await ScriptedLane.AcceptAsync(_listener);
        var dial = (await Lane.HearAsync(PacketType.DialReq)).DialRequest;
        await Lane.SendAsync(PacketFactory.DialResponse(dial.Random, ConnectId));
        return await dialing.DefaultTimeout();
    }

    protected override async ValueTask DisposeServerAsync()
    {
        await Lane.DisposeAsync();
        _listener.Dispose();
    }
}
