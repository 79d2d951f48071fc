using System.IO.Pipelines;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Agent.Servers;

/// <summary>An accepted Connect call, with the connection that carries it and nothing else.</summary>
internal sealed class ServerCall(GrpcClientCall call, HttpMessageInvoker http, ServerRemote remote, Func<bool> isSilent) : IAsyncDisposable
{
    public GrpcClientCall Call { get; } = call;

    /// <summary>The response body.</summary>
    public required PipeReader Input { get; init; }

    /// <summary>Where it went.</summary>
    public ServerRemote Remote { get; } = remote;

    /// <summary>For people.</summary>
    public string Address => Remote.Address;

    public required string ServerId { get; init; }

    /// <summary>How many servers there are, as this one says.</summary>
    public required int ServerCount { get; init; }

    /// <summary>What both ends understand beyond upstream's wire.</summary>
    public required TunnelFeatureSet Features { get; init; }

    /// <summary>Which servers there are, as this one says.</summary>
    public required ServerSet Servers { get; init; }

    /// <summary>By which a lane names this tunnel; empty from a server without lanes.</summary>
    public required string LaneToken { get; init; }

    /// <summary>Of the token that it was made with; null when there was none, or it does not say.</summary>
    public Validity? TokenLife { get; init; }

    /// <summary>Whether the transport has brought nothing for so long that an answer to a ping is overdue.</summary>
    public bool IsSilent => isSilent();

    public async ValueTask DisposeAsync()
    {
        await Call.DisposeAsync();
        http.Dispose();
    }
}
