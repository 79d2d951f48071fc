using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Agents.Identity;

/// <summary>
/// Binds what an agent announces to the cluster in its certificate. For cluster <c>alpha</c> these are the hosts <c>alpha</c>,
/// <c>alpha.NAMESPACE</c> and the one of its service proxy. Addresses, networks and the default route belong to no cluster and are
/// refused: whoever needs them runs the server with <c>--agent-identity=claimed</c>.
/// </summary>
/// <param name="bind">False believes every agent.</param>
internal sealed class AgentIdentityCheck(bool bind)
{
    /// <param name="certificate">What the agent showed in the handshake of this very connection, verified; null when it showed none.</param>
    /// <param name="announced">What it says it can be reached by.</param>
    public AgentIdentityResult Check(X509Certificate2? certificate, AgentIdentifiers announced)
    {
        if (!bind)
        {
            return new("");
        }

        if (certificate is null)
        {
            return new("", AgentRefusalReason.NoCluster, "the agent showed no certificate, and its identity is bound to one");
        }

        var identity = CertificateIdentity.Of(certificate);
        if (identity.Problem.Length > 0)
        {
            return new("", AgentRefusalReason.InvalidIdentity, $"the agent's certificate gives no identity: {identity.Problem}");
        }

        if (identity.Role != CertificateRole.Agent)
        {
            return new(
                "", AgentRefusalReason.NoCluster,
                "the agent's certificate names no cluster: issue one with the URI spiffe://TRUST-DOMAIN/cluster/NAME or a common name "
                + "that ends in :cluster:NAME, or run the server with --agent-identity=claimed");
        }

        return ClusterHosts.FirstForeign(identity.Name, announced) is { } foreign
            ? new(
                identity.Name, AgentRefusalReason.ForeignIdentifier,
                $"the agent's certificate is for cluster {identity.Name}, which does not allow it to announce {foreign}: "
                + ClusterHosts.Allowed(identity.Name))
            : new(identity.Name);
    }
}
