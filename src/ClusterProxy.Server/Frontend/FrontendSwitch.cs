using System.Buffers;
using System.IO.Pipelines;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol.Lanes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// Looks at the first bytes of a connection: HTTP/2's preface goes on to gRPC, a lane's first frame to lanes, unless TLS could have
/// told; anything else is CONNECT, where that is served, or gets an answer that says what this port speaks.
/// </summary>
/// <param name="serveGrpc">Whether HTTP/2 is served.</param>
/// <param name="serveConnect">Serves CONNECT from the peeked bytes on; null where it is not served.</param>
/// <param name="serveLane">Serves lanes; null where they are not served.</param>
/// <param name="refusal">What a client is told that speaks neither.</param>
/// <param name="refused">Hears of such a client.</param>
/// <param name="timeout">For the first bytes; silent connections must not pile up.</param>
/// <param name="time">Clock of that.</param>
internal sealed class FrontendSwitch(
    bool serveGrpc, Func<ConnectionContext, ReadResult?, Task>? serveConnect, Func<ConnectionContext, Task>? serveLane, string refusal,
    RefusedRequests refused, TimeSpan timeout, TimeProvider time)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public ConnectionDelegate Use(ConnectionDelegate http2) => connection => OnConnectedAsync(connection, http2);

    /// <summary>It lives as long as the connection, so it keeps nothing but that.</summary>
    private async Task OnConnectedAsync(ConnectionContext connection, ConnectionDelegate http2)
    {
        try
        {
            await (serveGrpc ? await MatchAsync(connection, http2) : serveConnect!(connection, null));
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            // It left.
        }
    }

    /// <summary>The task of whoever serves the connection.</summary>
    private async Task<Task> MatchAsync(ConnectionContext connection, ConnectionDelegate http2)
    {
        var input = connection.Transport.Input;
        var started = time.GetTimestamp();
        while (true)
        {
            var result = await ReadAsync(input, started);
            if (result.IsCanceled)
            {
                refused.Connect(PeerOf(connection), 408, "nothing that this port speaks came in time");
                return Task.CompletedTask;
            }

            switch (Match(result.Buffer))
            {
                case PrefaceMatch.Whole:
                    // What was looked at before cannot be given back as unseen; the client's SETTINGS follow in any case.
                    input.AdvanceTo(result.Buffer.Start, result.Buffer.GetPosition(Preface.Length));
                    if (connection.Features.Get<ITlsHandshakeFeature>() is not null)
                    {
                        Http2WithoutAlpn.Apply(connection.Features);
                    }

                    connection.Features.Get<DirectSocketConnection>()?.EndAfterPeer();
                    return http2(connection);
                case PrefaceMatch.Lane when serveLane is not null && connection.Features.Get<ITlsHandshakeFeature>() is null:
                    input.AdvanceTo(result.Buffer.Start);
                    return serveLane(connection);
                case not PrefaceMatch.Partial when serveConnect is not null:
                    return serveConnect(connection, result);
                case not PrefaceMatch.Partial:
                    refused.Connect(PeerOf(connection), 400, refusal);
                    return new ConnectResponse(400, refusal).WriteAsync(connection.Transport.Output).AsTask();
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                return Task.CompletedTask;
            }
        }
    }

    private static string PeerOf(ConnectionContext connection) =>
        connection.RemoteEndPoint?.ToString() is { Length: > 0 } peer ? peer : "unix";

    /// <summary>Cancelled when the deadline has passed. It is only set up for a client that has not spoken yet.</summary>
    private async ValueTask<ReadResult> ReadAsync(PipeReader input, long started)
    {
        var read = input.ReadAsync();
        if (read.IsCompleted)
        {
            return await read;
        }

        var left = timeout - time.GetElapsedTime(started);
        await using var deadline = time.CreateTimer(
            static input => ((PipeReader)input!).CancelPendingRead(), input, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        return await read;
    }

    private static PrefaceMatch Match(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[24];
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        buffer.Slice(0, length).CopyTo(head);
        return length > 0 && head[0] == LaneProtocol.FirstByte ? PrefaceMatch.Lane
            : !Preface.StartsWith(head[..length]) ? PrefaceMatch.None
            : length == Preface.Length ? PrefaceMatch.Whole
            : PrefaceMatch.Partial;
    }
}
