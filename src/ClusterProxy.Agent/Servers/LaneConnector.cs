using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Agent.Servers;

/// <summary>Opens lanes beside a tunnel: to the same address, with the same certificates, under the token that the tunnel was given.</summary>
internal sealed class LaneConnector(ServerConnectorOptions options, ServerTransport transport, int maxMessageSize, TimeProvider time)
{
    private readonly ConnectDeadline _deadline = new(options.StepTimeout, time);

    public int LanesPerTunnel => options.LanesPerTunnel;

    /// <exception cref="ServerConnectException">The server, or something on the way, lets no lane through.</exception>
    public async Task<LaneConnection> OpenAsync(ServerCall server, CancellationToken cancellationToken)
    {
        var (stream, socket) = await transport.OpenLaneAsync(server.Remote, cancellationToken);
        var lane = new LaneConnection(stream, socket, maxMessageSize);
        try
        {
            var refusal = await _deadline.RunAsync(
                ConnectStep.Call, $"the answer of {server.Address} to a lane",
                token => LaneHandshake.OpenAsync(lane.Reader, lane.Output, server.LaneToken, token), cancellationToken);
            return refusal is null ? lane : throw new ServerConnectException(ConnectStep.Call, PeerText.Bound(refusal));
        }
        catch (Exception e)
        {
            await lane.DisposeAsync();
            throw e is GrpcException or IOException ? new ServerConnectException(ConnectStep.Call, e.Message, e) : e;
        }
    }
}
