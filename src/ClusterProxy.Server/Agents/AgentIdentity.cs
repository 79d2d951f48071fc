using ClusterProxy.Protocol;

namespace ClusterProxy.Server.Agents;

/// <summary>What an agent said about itself when it connected.</summary>
/// <param name="Id">Not unique: an agent that reconnects has two tunnels for a while.</param>
/// <param name="Identifiers">What it can be reached by.</param>
/// <param name="Peer">Address it connected from.</param>
/// <param name="Features">What it understands beyond upstream's wire; empty for upstream's agent.</param>
internal sealed record AgentIdentity(string Id, AgentIdentifiers Identifiers, string Peer, string Features = "")
{
    /// <summary>When the certificate ends that let it in; null when it showed none.</summary>
    public DateTimeOffset? CertificateEnd { get; init; }
}
