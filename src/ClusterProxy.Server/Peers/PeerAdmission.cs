using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Server.Peers;

/// <summary>Takes lanes of other servers: says who this one is, and tells them of its agents.</summary>
/// <param name="serverId">Of this server.</param>
/// <param name="owned">Its agents' tunnels.</param>
internal sealed class PeerAdmission(string serverId, OwnedTunnels owned)
{
    private static readonly string Features = TunnelFeatures.Format(TunnelFeatures.PeerLane);

    public OwnershipFeed CreateFeed() => new(owned);

    /// <summary>Answers the first packet.</summary>
    /// <returns>Why the lane is refused; empty when it is taken.</returns>
    public async Task<string> AnswerAsync(Lane asked, PipeWriter output, CancellationToken cancellationToken)
    {
        var refusal = asked.Server.Length == 0 ? "a lane between servers begins with the id of the one that opens it"
            : asked.Server == serverId ? $"this is server {serverId} itself"
            : !TunnelFeatures.Parse(asked.Features).HasFlag(TunnelFeatures.PeerLane) ? $"a lane between servers needs the features {Features}"
            : "";
        await LaneHandshake.AnswerAsync(output, serverId, refusal, TunnelFeatures.PeerLane, cancellationToken);
        return refusal;
    }
}
