using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Tokens;

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

    /// <summary>The cluster in its certificate, or that the account of its token stands for; empty when agents are believed what they claim.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>What routing knows it by: an agent that takes the id of another cluster's agent does not take its place.</summary>
    public string Key => Cluster.Length == 0 ? Id : $"{Cluster}/{Id}";

    /// <summary>For people, who read it in lines about what it sent.</summary>
    public string Who => $"agent {PeerText.Bound(Key)}";

    /// <summary>The token that let it in; null when agents show none. What it says of pod and node may bind what the agent announces.</summary>
    public AgentToken? Token { get; init; }
}
