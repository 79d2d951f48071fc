using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Agents and frontends of which a test says every packet, and the connections beneath them.</summary>
internal sealed class ScriptedPeers : IAsyncDisposable
{
    private readonly List<ScriptedPeer> _peers = [];
    private readonly List<HttpMessageInvoker> _connections = [];

    /// <summary>HTTP/2 for any number of peers.</summary>
    public HttpMessageInvoker Connect(Func<Task<Stream>> dial)
    {
        var connection = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = async (_, _) => await dial() });
        _connections.Add(connection);
        return connection;
    }

    public Task<ScriptedPeer> OpenFrontendAsync(HttpMessageInvoker connection, string method = TunnelHeaders.ProxyMethod) => OpenAsync(connection, method);

    /// <summary>An agent on a connection of its own; it has the server's headers.</summary>
    public async Task<ScriptedPeer> OpenAgentAsync(Func<Task<Stream>> dial, string id, string identifiers, string features)
    {
        var peer = await OpenAsync(
            Connect(dial), TunnelHeaders.ConnectMethod,
            new(TunnelHeaders.AgentId, id), new(TunnelHeaders.AgentIdentifiers, identifiers), new(TunnelHeaders.Features, features));
        await peer.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers)
        {
            await peer.DisposeAsync().DefaultTimeout();
        }

        _connections.ForEach(static c => c.Dispose());
    }

    private async Task<ScriptedPeer> OpenAsync(HttpMessageInvoker connection, string method, params KeyValuePair<string, string>[] headers)
    {
        var peer = new ScriptedPeer(await GrpcClientCall.StartAsync(
            connection, new Uri("http://localhost"), method, headers, CancellationToken.None).DefaultTimeout());
        _peers.Add(peer);
        return peer;
    }
}
