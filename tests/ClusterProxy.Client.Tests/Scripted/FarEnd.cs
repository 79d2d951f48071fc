namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>The far end of one connection, by any transport: the client, its stream, and what the server sees of it.</summary>
internal abstract class FarEnd : IAsyncDisposable
{
    public TunnelClient Client { get; private set; } = null!;

    public TunnelStream Stream { get; private set; } = null!;

    public static async Task<FarEnd> ConnectAsync(TunnelTransport transport, Action<TunnelClientOptions> configure)
    {
        FarEnd end = transport switch
        {
            TunnelTransport.HttpConnect => new ConnectFarEnd(),
            TunnelTransport.Lane => new LaneFarEnd(),
            _ => new TunnelFarEnd(await ScriptedServer.StartAsync()),
        };
        var options = new TunnelClientOptions { Address = end.Address, Transport = transport };
        configure(options);
        end.Client = new TunnelClient(options);
        end.Stream = await end.AcceptAsync(end.Client);
        return end;
    }

    /// <summary>Bytes, and then that the client closes.</summary>
    public abstract Task ExpectEndAsync(byte[] last);

    /// <summary>The far end is done with it, too.</summary>
    public abstract Task AnswerCloseAsync();

    public async ValueTask DisposeAsync()
    {
        await DisposeServerAsync();
        await Client.DisposeAsync().DefaultTimeout();
    }

    protected abstract Uri Address { get; }

    protected abstract Task<TunnelStream> AcceptAsync(TunnelClient client);

    protected abstract ValueTask DisposeServerAsync();
}
