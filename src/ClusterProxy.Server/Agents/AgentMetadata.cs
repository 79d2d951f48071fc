using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Grpc;

namespace ClusterProxy.Server.Agents;

/// <summary>Reads what an agent says about itself in the headers of its call.</summary>
internal static class AgentMetadata
{
    /// <exception cref="GrpcException">A header is missing, repeated or malformed; UNKNOWN, as upstream answers.</exception>
    public static AgentIdentity Read(GrpcServerCall call)
    {
        var ids = call.Metadata[TunnelHeaders.AgentId];
        if (ids is not [{ Length: > 0 } id])
        {
            throw Refusal($"the call must carry exactly one {TunnelHeaders.AgentId} header that is not empty; it carries {ids.Count}");
        }

        var announced = call.Metadata[TunnelHeaders.AgentIdentifiers];
        if (announced.Count > 1)
        {
            throw Refusal($"the call may carry one {TunnelHeaders.AgentIdentifiers} header; it carries {announced.Count}");
        }

        return AgentIdentifiers.TryParse(announced.ToString(), out var identifiers, out var error)
            ? new(id, identifiers, call.Peer, call.Metadata[TunnelHeaders.Features].ToString())
            : throw Refusal(error);
    }

    private static GrpcException Refusal(string text) => new(GrpcStatusCode.Unknown, text);
}
