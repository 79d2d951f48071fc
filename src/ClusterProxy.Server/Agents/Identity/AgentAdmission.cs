using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Grpc;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Agents.Identity;

/// <summary>Lets an agent in, as who it says and may be, or refuses it where everybody concerned sees it: wire, log and metric.</summary>
/// <param name="check">What it may announce.</param>
/// <param name="tokens">Null when agents show none.</param>
/// <param name="binding">What it may announce by its token, where tokens stand for no cluster.</param>
/// <param name="metrics">Counts refusals.</param>
/// <param name="audit">Keeps who it was; null for none.</param>
/// <param name="logger">Says why.</param>
internal sealed class AgentAdmission(
    AgentIdentityCheck check, AgentTokenCheck? tokens, TokenBinding binding, ServerMetrics metrics, AuditLog? audit, ILogger logger)
{
    /// <exception cref="GrpcException">Refused; the status is for the agent.</exception>
    public async Task<AgentIdentity> AdmitAsync(GrpcServerCall call)
    {
        AgentIdentity agent;
        try
        {
            agent = AgentMetadata.Read(call);
        }
        catch (GrpcException e)
        {
            metrics.AgentRefused(AgentRefusalReason.BadMetadata);
            logger.AgentRefused(call.Peer, FrontendSubject.TextOf(call.ClientCertificate), PeerText.Bound(e.Status.Message));
            audit?.AgentRefused(call.ClientCertificate, call.Peer, AgentRefusalReason.BadMetadata, e.Status.Message);
            throw;
        }

        var certificate = call.ClientCertificate;
        var identity = check.Check(certificate, agent.Identifiers);
        if (identity.Refusal is { } reason)
        {
            throw Refusal(call, agent.Id, reason, identity.Detail, GrpcStatusCode.PermissionDenied);
        }

        var token = await TokenAsync(call, agent.Id);
        if (token is not null && Objection(token, agent.Identifiers) is { } objection)
        {
            throw Refusal(call, agent.Id, objection.Reason, objection.Detail, GrpcStatusCode.PermissionDenied);
        }

        if (token is not null && call.TokenConnection is { } connection && !connection.TryLetIn(token.Holder))
        {
            throw Refusal(
                call, agent.Id, AgentRefusalReason.TooManyConnections,
                $"agents with tokens of {token} have {connection.Limit} connections open already, as many as --agent-max-connections allows",
                GrpcStatusCode.ResourceExhausted);
        }

        return agent with
        {
            Token = token,
            Cluster = token is { Cluster.Length: > 0 } ? token.Cluster : identity.Cluster,
            CertificateEnd = certificate is null ? null : new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
        };
    }

    private (AgentRefusalReason Reason, string Detail)? Objection(AgentToken token, AgentIdentifiers announced) =>
        token.Cluster.Length == 0 ? binding.Objection(token, announced)
        : ClusterHosts.FirstForeign(token.Cluster, announced) is { } foreign
            ? (AgentRefusalReason.ForeignIdentifier,
                $"the agent's token is of {token}, which is of cluster {token.Cluster} and does not allow it to announce {foreign}: "
                + ClusterHosts.Allowed(token.Cluster))
            : null;

    private async Task<AgentToken?> TokenAsync(GrpcServerCall call, string agentId)
    {
        if (tokens is null)
        {
            return null;
        }

        var result = await tokens.CheckAsync(call);
        if (result.Refusal is { } reason)
        {
            throw Refusal(
                call, agentId, reason, result.Detail,
                reason == AgentRefusalReason.TokenUnavailable ? GrpcStatusCode.Unavailable : GrpcStatusCode.Unauthenticated);
        }

        logger.AgentTokenAccepted(call.Peer, result.Token!);
        return result.Token;
    }

    private GrpcException Refusal(GrpcServerCall call, string agentId, AgentRefusalReason reason, string detail, GrpcStatusCode code)
    {
        metrics.AgentRefused(reason);
        logger.AgentIdentityRefused(PeerText.Bound(agentId), call.Peer, FrontendSubject.TextOf(call.ClientCertificate), detail);
        audit?.AgentRefused(call.ClientCertificate, call.Peer, reason, detail);
        return new GrpcException(code, detail);
    }
}
