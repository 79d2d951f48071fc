using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Certificates;

namespace ClusterProxy.Server.Peers;

/// <summary>Takes lanes of other servers: finds out who it is, says who this one is, and tells it of this one's agents.</summary>
/// <param name="owned">This server's agents' tunnels.</param>
/// <param name="audit">Hears of whoever is not let in; null without one.</param>
/// <param name="context">What everything between servers shares.</param>
internal sealed class PeerAdmission(OwnedTunnels owned, AuditLog? audit, PeerContext context)
{
    private static readonly string Features = TunnelFeatures.Format(TunnelFeatures.PeerLane);

    public OwnershipFeed CreateFeed() => new(owned);

    /// <summary>Answers the first packet, and notes a refusal.</summary>
    /// <param name="asked">The first packet.</param>
    /// <param name="certificate">What the other server showed; it has opened the port.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="output">Of the lane.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Whether the lane is taken.</returns>
    public async Task<bool> AnswerAsync(
        Lane asked, X509Certificate2? certificate, string peer, PipeWriter output, CancellationToken cancellationToken)
    {
        var id = PeerText.Bound(asked.Server);
        var (reason, refusal) = Judge(asked, id, certificate);
        await LaneHandshake.AnswerAsync(output, context.ServerId, refusal, TunnelFeatures.PeerLane, cancellationToken);
        if (refusal.Length == 0)
        {
            return true;
        }

        if (reason is { } why)
        {
            context.Metrics.Peers.Refused(why);
            context.Refusals.PeerRefused(id, peer, refusal);
            audit?.PeerRefused(certificate, peer, why, refusal);
        }

        return false;
    }

    /// <summary>A list of all servers has this one too: that it meets itself there is nobody's fault, and has no reason.</summary>
    private (PeerRefusalReason? Reason, string Refusal) Judge(Lane asked, string id, X509Certificate2? certificate) =>
        id.Length == 0 ? (PeerRefusalReason.NoServerId, "a lane between servers begins with the id of the one that opens it")
        : PlaneRules.ObjectionToServerId(certificate, id) is { } objection ? (PeerRefusalReason.ForeignServerId, objection)
        : id == context.ServerId ? (null, $"this is server {context.ServerId} itself")
        : !TunnelFeatures.Parse(asked.Features).HasFlag(TunnelFeatures.PeerLane)
            ? (PeerRefusalReason.MissingFeatures, $"a lane between servers needs the features {Features}")
        : (null, "");
}
