using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Grpc;

namespace ClusterProxy.Server.Agents.Identity;

/// <summary>Lets an agent in, as who it says and may be, or refuses it where everybody concerned sees it: wire, log and metric.</summary>
internal sealed class AgentAdmission(AgentIdentityCheck check, ServerMetrics metrics, ILogger logger)
{
    /// <exception cref="GrpcException">Refused; the status is for the agent.</exception>
    public AgentIdentity Admit(GrpcServerCall call)
    {
        AgentIdentity agent;
        try
        {
            agent = AgentMetadata.Read(call);
        }
        catch (GrpcException e)
        {
            metrics.AgentRefused(AgentRefusalReason.BadMetadata);
            logger.AgentRefused(call.Peer, e.Status.Message);
            throw;
        }

        var certificate = call.ClientCertificate;
        var identity = check.Check(certificate, agent.Identifiers);
        if (identity.Refusal is { } reason)
        {
            metrics.AgentRefused(reason);
            logger.AgentIdentityRefused(call.Peer, identity.Detail);
            throw new GrpcException(GrpcStatusCode.PermissionDenied, identity.Detail);
        }

        return agent with
        {
            Cluster = identity.Cluster,
            CertificateEnd = certificate is null ? null : new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
        };
    }
}
