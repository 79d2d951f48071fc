using System.Net.Sockets;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Server.Agents;

/// <summary>Serves the connections that ask for <see cref="LaneProtocol.Alpn"/>: finds the tunnel by its token and runs the lane beside it.</summary>
internal sealed class LaneService(AgentRegistry registry, AgentContext context)
{
    /// <summary>For the token; silent connections must not pile up.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <param name="tls">Authenticated by the agent plane's rules. The caller disposes it.</param>
    /// <param name="peer">The agent's address, for the log.</param>
    /// <param name="ended">Fires when the connection breaks.</param>
    public async Task ServeAsync(Stream tls, string peer, CancellationToken ended)
    {
        var input = LaneProtocol.CreateInput(tls);
        var output = LaneProtocol.CreateOutput(tls);
        var reader = new PacketReader(input, context.Limits.MaxMessageSize);
        try
        {
            if (await AdmitAsync(reader, output, peer, ended) is { } tunnel)
            {
                context.Logger.LaneOpened(tunnel.Agent.Id, peer);
                var status = await tunnel.RunLaneAsync(reader, output, ended);
                context.Logger.LaneClosed(tunnel.Agent.Id, peer, status);
            }
        }
        catch (Exception e) when (e is IOException or GrpcException or OperationCanceledException or SocketException)
        {
            context.Logger.LaneRefused(peer, e.Message);
        }
        finally
        {
            await input.CompleteAsync();
            await output.CompleteAsync();
        }
    }

    private async Task<AgentTunnel?> AdmitAsync(PacketReader reader, System.IO.Pipelines.PipeWriter output, string peer, CancellationToken ended)
    {
        using var deadline = new CancellationTokenSource(HandshakeTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ended);
        var token = await LaneHandshake.ReadTokenAsync(reader, either.Token);
        var tunnel = registry.FindByLaneToken(token);
        if (tunnel is null)
        {
            const string Reason = "this server has no tunnel with that token; behind a load balancer another one may";
            await LaneHandshake.AnswerAsync(output, Reason, either.Token);
            context.Logger.LaneRefused(peer, Reason);
            return null;
        }

        await LaneHandshake.AnswerAsync(output, error: "", either.Token);
        return tunnel;
    }
}
