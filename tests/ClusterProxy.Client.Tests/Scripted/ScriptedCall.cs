using System.Buffers;
using System.Globalization;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>One Proxy call as the server sees it; the test reads and writes every packet. Headers leave with the first packet, as upstream's do.</summary>
internal sealed class ScriptedCall(HttpContext context)
{
    private readonly PacketReader _reader = new(context.Request.BodyReader);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<ScriptedPacket> _received = new();

    private readonly CancellationToken _reset = context.RequestAborted;

    public string Features { get; } = context.Request.Headers[TunnelHeaders.Features].ToString();

    public string ConnectionId { get; } = context.Connection.Id;

    public string? ClientSubject { get; } = context.Connection.ClientCertificate?.Subject;

    /// <summary>The next packet; null when the client has ended its direction.</summary>
    public async Task<ScriptedPacket?> ReceiveAsync()
    {
        while (_received.Count == 0)
        {
            if (!await _reader.ReadAsync(_reset))
            {
                return null;
            }

            while (_reader.TryRead(out var packet))
            {
                _received.Enqueue(new(packet.Type, packet.ConnectId, packet.Payload.ToArray(), packet.Message));
            }
        }

        return _received.Dequeue();
    }

    public async Task<ScriptedPacket> ExpectAsync(PacketType type)
    {
        var packet = await ReceiveAsync().DefaultTimeout();
        Assert.NotNull(packet);
        Assert.Equal(type, packet.Type);
        return packet;
    }

    /// <summary>DATA until so many bytes have come.</summary>
    public async Task<byte[]> ExpectDataAsync(int bytes)
    {
        using var all = new MemoryStream();
        while (all.Length < bytes)
        {
            all.Write((await ExpectAsync(PacketType.Data)).Payload);
        }

        return all.ToArray();
    }

    public async Task<DialRequest> ExpectDialAsync() => (await ExpectAsync(PacketType.DialReq)).Message!.DialRequest;

    public async Task<DialRequest> AcceptDialAsync(long connectId = 1)
    {
        var dial = await ExpectDialAsync();
        await SendAsync(PacketFactory.DialResponse(dial.Random, connectId));
        return dial;
    }

    public async Task SendAsync(params Packet[] packets)
    {
        await StartAsync();
        foreach (var packet in packets)
        {
            PacketCodec.Write(context.Response.BodyWriter, packet);
        }

        await context.Response.BodyWriter.FlushAsync();
    }

    public async Task SendDataAsync(long connectId, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        await StartAsync();
        var output = context.Response.BodyWriter;
        output.Advance(DataPacket.WriteHeader(output.GetSpan(DataPacket.MaxHeaderLength), connectId, payload.Length));
        output.Write(payload.Span);
        await output.FlushAsync(cancellationToken);
    }

    /// <summary>Closes by the client: CLOSE_REQ, its answer, and the end of both directions.</summary>
    public async Task AnswerCloseAsync(long connectId = 1, string error = "")
    {
        var close = await ExpectAsync(PacketType.CloseReq);
        Assert.Equal(connectId, close.Message!.CloseRequest.ConnectID);
        await SendAsync(PacketFactory.CloseResponse(connectId, error));
        Assert.Null(await ReceiveAsync().DefaultTimeout());
        await EndAsync();
    }

    /// <summary>Accepts the dial, echoes, and answers the close.</summary>
    public async Task AnswerAllAsync()
    {
        try
        {
            while (await ReceiveAsync() is { } packet)
            {
                switch (packet.Type)
                {
                    case PacketType.DialReq:
                        await SendAsync(PacketFactory.DialResponse(packet.Message!.DialRequest.Random, 1));
                        break;
                    case PacketType.Data:
                        await SendDataAsync(packet.ConnectId, packet.Payload);
                        break;
                    case PacketType.CloseReq:
                        await SendAsync(PacketFactory.CloseResponse(packet.Message!.CloseRequest.ConnectID));
                        break;
                }
            }

            await EndAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            Abort();
        }
    }

    public async Task EndAsync(GrpcStatusCode code = GrpcStatusCode.OK, string message = "")
    {
        await StartAsync();
        context.Response.AppendTrailer(GrpcHeaders.Status, ((int)code).ToString(CultureInfo.InvariantCulture));
        context.Response.AppendTrailer(GrpcHeaders.Message, GrpcMessageText.Encode(message));
        _done.TrySetResult();
    }

    /// <summary>Resets the stream, unless the call has ended.</summary>
    public void Abort() => _done.TrySetCanceled();

    /// <summary>The server's side of the call, until the test or the client ends it.</summary>
    public async Task RunAsync()
    {
        await using var reset = _reset.Register(Abort);
        try
        {
            await _done.Task;
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    /// <summary>RST_STREAM with an HTTP/2 error code.</summary>
    public void ResetStream(int errorCode)
    {
        context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);
        _done.TrySetResult();
    }

    /// <summary>The connection is gone, and all calls on it.</summary>
    public void AbortConnection() => context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();

    private async Task StartAsync()
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = GrpcHeaders.ContentType;
            await context.Response.StartAsync();
        }
    }
}
