using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Testing.Certificates;

namespace ClusterProxy.Testing.Upstream;

/// <summary>
/// An agent that behaves as upstream's where it hurts: it announces nothing, reads 4 KiB of a target at a time, has a queue of
/// packets for each target, and stops reading its tunnel while one of them is full.
/// </summary>
public sealed class UpstreamLikeAgent : IAsyncDisposable
{
    private readonly UpstreamWire _wire;
    private readonly UpstreamCall _call;
    private readonly int _queueLength;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, UpstreamTarget> _targets = new();
    private readonly ConcurrentBag<Task> _tasks = [];
    private readonly Task _reading;
    private long _lastId;

    private UpstreamLikeAgent(UpstreamCall call, UpstreamWire wire, int queueLength)
    {
        _call = call;
        _wire = wire;
        _queueLength = queueLength;
        _reading = GuardAsync(ReadAsync());
    }

    /// <summary>Connections that are open.</summary>
    public int Count => _targets.Count;

    /// <summary>How often a full queue held the tunnel up.</summary>
    public ObservedCount Stops { get; } = new();

    /// <param name="port">The server's agent port.</param>
    /// <param name="plane">Whose certificates both sides have.</param>
    /// <param name="id">The agent's.</param>
    /// <param name="queueLength">Packets for each target; upstream has 150, and less shows the same sooner.</param>
    public static async Task<UpstreamLikeAgent> ConnectAsync(int port, TestCertificates plane, string id, int queueLength = 20)
    {
        var wire = new UpstreamWire();
        var call = await UpstreamCall.OpenAsync(
            port, plane, plane.Client(id), TunnelHeaders.ConnectMethod, wire,
            new(TunnelHeaders.AgentId, id), new(TunnelHeaders.AgentIdentifiers, ""));
        return new UpstreamLikeAgent(call, wire, queueLength);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _call.DisposeAsync();
        await _reading;
        foreach (var target in _targets.Values)
        {
            target.Socket.Dispose();
        }

        await Task.WhenAll(_tasks);
        _stop.Dispose();
        _wire.Verify();
    }

    private async Task ReadAsync()
    {
        while (await _call.Stream.ReceiveAsync(_stop.Token) is { } packet)
        {
            switch (packet.Type)
            {
                case PacketType.DialReq:
                    _tasks.Add(GuardAsync(DialAsync(packet.DialRequest, ++_lastId)));
                    break;
                case PacketType.Data when _targets.TryGetValue(packet.Data.ConnectID, out var target):
                    // The whole tunnel waits here for one target.
                    if (!target.Queue.Writer.TryWrite(packet.Data.Data_.Memory))
                    {
                        Stops.Increment();
                        await target.Queue.Writer.WriteAsync(packet.Data.Data_.Memory, _stop.Token);
                    }

                    break;
                case PacketType.Data:
                    await CloseAsync(packet.Data.ConnectID, "unrecognized connectID");
                    break;
                case PacketType.CloseReq when _targets.TryRemove(packet.CloseRequest.ConnectID, out var target):
                    target.Queue.Writer.TryComplete();
                    await CloseAsync(target.ConnectId, "");
                    break;
                case PacketType.CloseReq:
                    await CloseAsync(packet.CloseRequest.ConnectID, "Unknown connectID");
                    break;
            }
        }
    }

    private async Task DialAsync(DialRequest request, long connectId)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var answer = new DialResponse { Random = request.Random };
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(request.Address), _stop.Token);
            answer.ConnectID = connectId;
            _targets[connectId] = new UpstreamTarget(connectId, socket, _queueLength);
        }
        catch (SocketException)
        {
            answer.Error = $"dial tcp {request.Address}: connect: connection refused";
        }

        await _call.Stream.SendAsync(new() { Type = PacketType.DialRsp, DialResponse = answer }, _stop.Token);
        if (_targets.TryGetValue(connectId, out var target))
        {
            await Task.WhenAll(target.SendQueuedAsync(_stop.Token), ForwardAsync(target));
        }

        socket.Dispose();
    }

    /// <summary>Each read of the target is a packet; its end, of whatever kind, is an empty CLOSE_RSP.</summary>
    private async Task ForwardAsync(UpstreamTarget target)
    {
        var buffer = new byte[UpstreamStream.MaxData];
        try
        {
            while (await target.Socket.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is > 0 and var read)
            {
                if (_targets.ContainsKey(target.ConnectId))
                {
                    await _call.Stream.SendDataAsync(target.ConnectId, buffer.AsMemory(0, read), _stop.Token);
                }
            }
        }
        catch (SocketException)
        {
            // Reads as an end.
        }

        if (_targets.TryRemove(target.ConnectId, out _))
        {
            target.Queue.Writer.TryComplete();
            await CloseAsync(target.ConnectId, "");
        }
    }

    private Task CloseAsync(long connectId, string error) => _call.Stream.SendAsync(
        new() { Type = PacketType.CloseRsp, CloseResponse = new() { ConnectID = connectId, Error = error } }, _stop.Token);

    private static async Task GuardAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or GrpcException or HttpRequestException or
            ObjectDisposedException or InvalidOperationException or System.Threading.Channels.ChannelClosedException)
        {
            // The tunnel is gone, and with it all of its connections.
        }
    }
}
