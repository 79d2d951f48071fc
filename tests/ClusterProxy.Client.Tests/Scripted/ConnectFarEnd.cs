namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>Of a connection by CONNECT: the end of the client's direction closes it, and the end of the other one answers.</summary>
internal sealed class ConnectFarEnd : FarEnd
{
    private readonly ScriptedConnectServer _server = new();
    private Stream _peer = null!;

    public override async Task ExpectEndAsync(byte[] last)
    {
        var bytes = new byte[last.Length];
        await _peer.ReadExactlyAsync(bytes).DefaultTimeout();
        Assert.Equal(last, bytes);
        Assert.Equal(0, await _peer.ReadAsync(bytes).DefaultTimeout());
    }

    public override Task AnswerCloseAsync() => _peer.DisposeAsync().AsTask();

    protected override Uri Address => _server.Address;

    protected override async Task<TunnelStream> AcceptAsync(TunnelClient client)
    {
        (var stream, _peer) = await _server.ConnectAsync(client);
        return stream;
    }

    protected override ValueTask DisposeServerAsync() => _server.DisposeAsync();
}
