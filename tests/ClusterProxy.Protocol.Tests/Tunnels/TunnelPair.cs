using System.IO.Pipelines;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

/// <summary>A tunnel's two ends over one pipe a direction: real writer, real reader, no network.</summary>
internal sealed class TunnelPair : IAsyncDisposable
{
    private readonly Pipe _wire;

    public TunnelPair(TunnelLimits? limits = null, long window = 64 * 1024, IPacketObserver? observer = null)
    {
        Limits = limits ?? TunnelLimits.Default;
        _wire = new Pipe(new PipeOptions(pauseWriterThreshold: window, resumeWriterThreshold: window / 2));
        Writer = new TunnelWriter(_wire.Writer, Limits, observer);
        Reader = new PacketReader(_wire.Reader);
    }

    public TunnelLimits Limits { get; }

    public TunnelWriter Writer { get; }

    public PacketReader Reader { get; }

    public TunnelConnection Connect(
        long id, TunnelRole role = TunnelRole.Dialer, Action<TunnelConnection>? onEnded = null, TunnelFeatureSet features = TunnelFeatureSet.None) =>
        new(Writer, id, role, features, Limits, TimeProvider.System, null, onEnded ?? (_ => { }));

    /// <summary>The next packets as text: "Data 1 5" is five bytes of connection 1.</summary>
    public async Task<List<string>> ReadAsync(int count)
    {
        var packets = new List<string>();
        while (packets.Count < count && (_pending.Count > 0 || await Reader.ReadAsync(CancellationToken.None)))
        {
            while (Reader.TryRead(out var packet))
            {
                _pending.Enqueue(packet.Message switch
                {
                    null => $"Data {packet.ConnectId} {packet.Payload.Length}",
                    { CloseRequest: { } close } => $"{packet.Type} {close.ConnectID}{(close.Cut ? " cut" : "")}",
                    { Credit: { } credit } => $"Credit {credit.ConnectID} {credit.Bytes}",
                    { Ping: { } ping } => $"Ping {ping.Id} {ping.Answer}{(ping.Answered ? " answered" : "")}",
                    { CloseResponse: { } close } => $"CloseRsp {close.ConnectID} {close.Error}".TrimEnd(),
                    var other => other.Type.ToString(),
                });
            }

            while (packets.Count < count && _pending.TryDequeue(out var text))
            {
                packets.Add(text);
            }
        }

        return packets;
    }

    private readonly Queue<string> _pending = new();

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await _wire.Writer.CompleteAsync();
        await _wire.Reader.CompleteAsync();
    }
}
