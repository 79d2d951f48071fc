using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Agents;

/// <summary>Serves the connections that ask for <see cref="LaneProtocol.Alpn"/>: finds the tunnel by its token and runs the lane beside it.</summary>
internal sealed class LaneService(AgentRegistry registry, AgentIdentityCheck identities, AuditLog? audit, AgentContext context)
{
    /// <summary>For the token; silent connections must not pile up.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>As many as an agent can be told to open. Each costs its dials a look, and the server its buffers.</summary>
    private const int MaxLanes = 64;

    /// <param name="tls">Authenticated by the agent plane's rules. The caller disposes it.</param>
    /// <param name="certificate">What the agent showed on this connection; null when it showed none.</param>
    /// <param name="peer">The agent's address, for the log.</param>
    /// <param name="ended">Fires when the connection breaks.</param>
    public async Task ServeAsync(Stream tls, X509Certificate2? certificate, string peer, CancellationToken ended)
    {
        var input = LaneProtocol.CreateInput(tls);
        var output = LaneProtocol.CreateOutput(tls);
        var reader = new PacketReader(input, context.Limits.MaxMessageSize);
        try
        {
            if (await AdmitAsync(reader, output, certificate, peer, ended) is { } tunnel)
            {
                context.Logger.LaneOpened(tunnel.Agent.Id, peer);
                var status = await tunnel.RunLaneAsync(reader, output, ended);
                context.Logger.LaneClosed(tunnel.Agent.Id, peer, status);
                if (status.Code is not (GrpcStatusCode.OK or GrpcStatusCode.Canceled))
                {
                    context.Refusals.StreamBroken(tunnel.Agent.Who, peer, status);
                }
            }
        }
        catch (Exception e) when (e is IOException or GrpcException or OperationCanceledException or SocketException)
        {
            Refuse(certificate, peer, e.Message);
        }
        finally
        {
            await input.CompleteAsync();

            // What a broken lane has left must not be sent now: it may be half sent, and nobody may take it.
            await output.CompleteAsync(new IOException("the lane has ended"));
        }
    }

    private async Task<AgentTunnel?> AdmitAsync(
        PacketReader reader, PipeWriter output, X509Certificate2? certificate, string peer, CancellationToken ended)
    {
        using var deadline = new CancellationTokenSource(HandshakeTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ended);
        var asked = await LaneHandshake.ReadAsync(reader, either.Token);
        var tunnel = registry.FindByLaneToken(asked.Token);
        var refusal = tunnel is null
            ? "this server has no tunnel with that token; behind a load balancer another one may"
            : tunnel.Lanes.Count >= MaxLanes ? $"this tunnel has {MaxLanes} lanes already"
            : Objection(certificate, peer, tunnel.Agent);
        await LaneHandshake.AnswerAsync(output, refusal, TunnelFeatureSet.None, either.Token);
        if (refusal.Length > 0)
        {
            Refuse(certificate, peer, refusal);
            return null;
        }

        return tunnel;
    }

    private void Refuse(X509Certificate2? certificate, string peer, string reason)
    {
        context.Metrics.LaneRefused(AgentPlane.Name);
        context.Refusals.LaneRefused(peer, FrontendSubject.TextOf(certificate), reason);
    }

    /// <summary>
    /// A lane's token that leaks opens nothing without a certificate of the same cluster. An agent that was let in by a token of its own
    /// shows no certificate: there the lane's is all that there is, and nobody but that agent was told it.
    /// </summary>
    private string Objection(X509Certificate2? certificate, string peer, AgentIdentity agent)
    {
        if (agent.Token is not null)
        {
            return "";
        }

        var identity = identities.Check(certificate, agent.Identifiers);
        if (identity.IsAccepted && identity.Cluster == agent.Cluster)
        {
            return "";
        }

        var reason = identity.Refusal ?? AgentRefusalReason.ForeignIdentifier;
        var detail = identity.IsAccepted ? "the certificate is not for the cluster of the tunnel" : identity.Detail;
        context.Metrics.AgentRefused(reason);
        audit?.AgentRefused(certificate, peer, reason, detail);
        return detail;
    }
}
