using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>
/// The first packet each way of a lane: an agent names its tunnel by the token it got there, a frontend says what it understands;
/// another server also says its id; the server says yes or why not.
/// </summary>
internal static class LaneHandshake
{
    /// <summary>For the agent. Packets may follow at once.</summary>
    /// <returns>Null when the server took the lane; otherwise its reason.</returns>
    /// <exception cref="GrpcException">The server said something else.</exception>
    /// <exception cref="IOException">The connection broke or ended.</exception>
    public static async Task<string?> OpenAsync(PacketReader reader, PipeWriter output, string token, CancellationToken cancellationToken)
    {
        await SendAsync(output, PacketFactory.LaneRequest(token), cancellationToken).ConfigureAwait(false);
        var answer = await ReceiveAsync(reader, cancellationToken).ConfigureAwait(false);
        return answer.Error.Length == 0 ? null : answer.Error;
    }

    /// <summary>For a frontend. Packets may follow at once.</summary>
    /// <returns>The server's answer: its features, or an error.</returns>
    /// <exception cref="GrpcException">The server said something else.</exception>
    /// <exception cref="IOException">The connection broke or ended.</exception>
    public static async Task<Lane> OpenAsync(
        PacketReader reader, PipeWriter output, TunnelFeatureSet features, CancellationToken cancellationToken)
    {
        await SendAsync(output, PacketFactory.FrontendLaneRequest(TunnelFeatures.Format(features)), cancellationToken).ConfigureAwait(false);
        return await ReceiveAsync(reader, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>For a server that opens a lane to another. Packets may follow at once.</summary>
    /// <returns>The other's answer: its id and features, or an error.</returns>
    /// <exception cref="GrpcException">The server said something else.</exception>
    /// <exception cref="IOException">The connection broke or ended.</exception>
    public static async Task<Lane> OpenAsync(
        PacketReader reader, PipeWriter output, string serverId, TunnelFeatureSet features, CancellationToken cancellationToken)
    {
        await SendAsync(output, PacketFactory.PeerLane(serverId, TunnelFeatures.Format(features)), cancellationToken).ConfigureAwait(false);
        return await ReceiveAsync(reader, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>For the server: the token that an agent names, or the features of a frontend.</summary>
    /// <exception cref="GrpcException">The peer said something else.</exception>
    /// <exception cref="IOException">The connection broke or ended.</exception>
    public static Task<Lane> ReadAsync(PacketReader reader, CancellationToken cancellationToken) => ReceiveAsync(reader, cancellationToken);

    /// <summary>For the server: takes the lane, or refuses it with a text for the peer's log.</summary>
    /// <param name="output">Of the lane.</param>
    /// <param name="error">Empty takes it.</param>
    /// <param name="features">For a frontend: what this server understands.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static Task AnswerAsync(PipeWriter output, string error, TunnelFeatureSet features, CancellationToken cancellationToken) =>
        SendAsync(output, PacketFactory.LaneResponse(error, TunnelFeatures.Format(features)), cancellationToken);

    /// <summary>For a server that another one opens a lane to: takes it, or refuses it with a text for the other's log.</summary>
    /// <param name="output">Of the lane.</param>
    /// <param name="serverId">This server's.</param>
    /// <param name="error">Empty takes it.</param>
    /// <param name="features">What this server understands.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static Task AnswerAsync(
        PipeWriter output, string serverId, string error, TunnelFeatureSet features, CancellationToken cancellationToken) =>
        SendAsync(output, PacketFactory.PeerLane(serverId, TunnelFeatures.Format(features), error), cancellationToken);

    private static async Task SendAsync(PipeWriter output, Packet packet, CancellationToken cancellationToken)
    {
        PacketCodec.Write(output, packet);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Lane> ReceiveAsync(PacketReader reader, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (reader.TryRead(out var packet))
            {
                return packet is { Type: PacketType.Lane, Message.Lane: { } lane }
                    ? lane
                    : throw new GrpcException(GrpcStatusCode.Internal, $"a lane begins with packet type {(int)packet.Type}, expected {(int)PacketType.Lane}");
            }
        }

        throw new IOException("the peer ended the lane before its first packet");
    }
}
