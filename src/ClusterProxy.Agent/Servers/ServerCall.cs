using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Agent.Servers;

/// <summary>An accepted Connect call, with the connection that carries it and nothing else.</summary>
internal sealed class ServerCall(GrpcClientCall call, HttpMessageInvoker http, string address) : IAsyncDisposable
{
    public GrpcClientCall Call { get; } = call;

    /// <summary>For people.</summary>
    public string Address { get; } = address;

    public required string ServerId { get; init; }

    /// <summary>How many servers there are, as this one says.</summary>
    public required int ServerCount { get; init; }

    /// <summary>What the server understands beyond upstream's wire.</summary>
    public required string Features { get; init; }

    public async ValueTask DisposeAsync()
    {
        await Call.DisposeAsync();
        http.Dispose();
    }
}
