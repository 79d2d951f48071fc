using System.IO.Pipelines;
using System.Net.Security;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Agent.Servers;

/// <summary>A lane that the server has taken.</summary>
internal sealed class LaneConnection : IAsyncDisposable
{
    private readonly SslStream _tls;
    private readonly PipeReader _input;

    /// <param name="tls">Authenticated; owned from here on.</param>
    /// <param name="maxMessageSize">Bytes of a packet.</param>
    public LaneConnection(SslStream tls, int maxMessageSize)
    {
        _tls = tls;
        _input = LaneProtocol.CreateInput(tls);
        Reader = new PacketReader(_input, maxMessageSize);
        Output = LaneProtocol.CreateOutput(tls);
    }

    public PacketReader Reader { get; }

    public PipeWriter Output { get; }

    /// <summary>Tells the server that nothing more comes.</summary>
    public async ValueTask CompleteOutputAsync()
    {
        await Output.CompleteAsync();
        await _tls.ShutdownAsync();
        await _tls.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _input.CompleteAsync();
        // In order it has been completed before. What a broken lane has left must not be sent now: it may be half sent, and
        // nobody may take it.
        await Output.CompleteAsync(new IOException("the lane has ended"));
        await _tls.DisposeAsync();
    }
}
