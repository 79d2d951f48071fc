using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>The first packet each way of a lane: the agent names its tunnel by the token it got there, the server says yes or why not.</summary>
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

    /// <summary>For the server: the token that the agent names.</summary>
    /// <exception cref="GrpcException">The agent said something else.</exception>
    /// <exception cref="IOException">The connection broke or ended.</exception>
    public static async Task<string> ReadTokenAsync(PacketReader reader, CancellationToken cancellationToken) =>
        (await ReceiveAsync(reader, cancellationToken).ConfigureAwait(false)).Token;

    /// <summary>For the server: takes the lane, or refuses it with a text for the agent's log.</summary>
    public static Task AnswerAsync(PipeWriter output, string error, CancellationToken cancellationToken) =>
        SendAsync(output, PacketFactory.LaneResponse(error), cancellationToken);

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
