using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Peers;

namespace ClusterProxy.Server.Tests.Peers;

/// <summary>A server that is told by a feed, over a wire on which the test decides what happens to each packet.</summary>
internal sealed class ToldServer : IAsyncDisposable
{
    private readonly Pipe _wire = new();
    private readonly PacketReader _reader;
    private readonly TunnelWriter _writer;
    private readonly OwnedTunnels _owned;
    private readonly OwnershipFeed _feed;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _feeding;
    private long _known;

    public ToldServer(OwnedTunnels owned)
    {
        _owned = owned;
        _reader = new PacketReader(_wire.Reader);
        _writer = new TunnelWriter(_wire.Writer, TunnelLimits.Default);
        _feed = new OwnershipFeed(owned);
        _feeding = _feed.RunAsync(_writer, _stop.Token);
    }

    public PeerTunnels Tunnels { get; } = new();

    /// <summary>Whether there is something that it has not been told.</summary>
    public bool IsBehind => _known != _owned.Version;

    /// <summary>Takes the next packet up, as often as said: after the first time it does not follow what is known.</summary>
    public async Task TakeAsync(int times = 1)
    {
        var update = await HearAsync();
        var version = 0L;
        for (var i = 0; i < times; i++)
        {
            version = Tunnels.Apply(update);
        }

        Answer(version, update);
    }

    /// <summary>The next packet is lost, and what follows it would be noticed to.</summary>
    public async Task LoseAsync() => Answer(0, await HearAsync());

    /// <summary>Takes packets up until nothing is left to tell.</summary>
    public async Task CatchUpAsync()
    {
        while (IsBehind)
        {
            await TakeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _feeding.DefaultTimeout();
        await _writer.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<Ownership> HearAsync()
    {
        ReceivedPacket packet;
        while (!_reader.TryRead(out packet))
        {
            Assert.True(await _reader.ReadAsync(CancellationToken.None).DefaultTimeout());
        }

        return packet.Message!.Ownership;
    }

    private void Answer(long version, Ownership update)
    {
        _known = version == update.Version && !update.More ? version : 0;
        _feed.Receive(new Ownership { Received = true, Version = version });
    }
}
