using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

/// <summary>Two ends of a tunnel that talk to each other: a dialer's and a dialed one's, with real readers and writers.</summary>
internal sealed class TunnelLink : IAsyncDisposable
{
    private readonly Pipe _toDialed = new(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024));
    private readonly Pipe _toDialer = new(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024));
    private readonly TunnelFeatureSet _features;
    private readonly TunnelLimits _limits;
    private readonly Task _reading;

    public TunnelLink(TunnelFeatureSet features, TunnelLimits? limits = null)
    {
        _features = features;
        _limits = limits ?? TunnelLimits.Default;
        DialerWriter = new TunnelWriter(_toDialed.Writer, _limits);
        DialedWriter = new TunnelWriter(_toDialer.Writer, _limits);
        _reading = Task.WhenAll(ReadAsync(_toDialed.Reader, Dialed), ReadAsync(_toDialer.Reader, Dialer));
    }

    public TunnelWriter DialerWriter { get; }

    public TunnelWriter DialedWriter { get; }

    public ConnectionTable Dialer { get; } = new();

    public ConnectionTable Dialed { get; } = new();

    public (TunnelConnection Dialer, TunnelConnection Dialed) Connect(long id)
    {
        var dialed = new TunnelConnection(
            DialedWriter, id, TunnelRole.Dialed, _features, _limits, TimeProvider.System, null, c => Dialed.Remove(c));
        Dialed.TryAdd(dialed);
        var dialer = new TunnelConnection(
            DialerWriter, id, TunnelRole.Dialer, _features, _limits, TimeProvider.System, null, c => Dialer.Remove(c));
        Dialer.TryAdd(dialer);
        return (dialer, dialed);
    }

    public async ValueTask DisposeAsync()
    {
        await DialerWriter.DisposeAsync();
        await DialedWriter.DisposeAsync();
        await _toDialed.Writer.CompleteAsync();
        await _toDialer.Writer.CompleteAsync();
        await _reading.DefaultTimeout();
    }

    private static async Task ReadAsync(PipeReader input, ConnectionTable connections)
    {
        var reader = new PacketReader(input);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            while (reader.TryRead(out var packet))
            {
                switch (packet.Type)
                {
                    case PacketType.Data:
                        await (connections.Find(packet.ConnectId)?.ReceiveAsync(packet.Payload) ?? ValueTask.CompletedTask);
                        break;
                    case PacketType.Credit:
                        connections.Find(packet.Message!.Credit.ConnectID)?.ReceiveCredit(packet.Message.Credit.Bytes);
                        break;
                    case PacketType.HalfClose:
                        connections.Find(packet.Message!.CloseRequest.ConnectID)?.EndInputByHalfClose();
                        break;
                    case PacketType.CloseReq when connections.Find(packet.Message!.CloseRequest.ConnectID) is { } closing:
                        closing.EndInput(isWhole: true);
                        closing.RequestClose(CloseReason.FrontendClosed);
                        break;
                    case PacketType.CloseRsp:
                        connections.Find(packet.Message!.CloseResponse.ConnectID)?.EndByPeer(CloseReason.TargetClosed);
                        break;
                }
            }
        }

        connections.EndAll(CloseReason.TunnelLost);
    }
}
