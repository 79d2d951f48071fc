using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Server.Tests.Kit;

/// <summary>An agent whose tunnel runs over pipes in memory, on a clock that the test moves. It answers what the test lets it answer.</summary>
internal sealed class PipedAgent : IAsyncDisposable
{
    private readonly Pipe _fromServer = new();
    private readonly Pipe _toServer = new();
    private readonly PacketReader _reader;
    private readonly AgentRegistry _registry;
    private readonly Task _running;

    public PipedAgent(AgentRegistry registry, string id, string features, ManualTime time, string announced = "")
    {
        Assert.True(AgentIdentifiers.TryParse(announced, out var identifiers, out _));
        _registry = registry;
        _reader = new PacketReader(_fromServer.Reader);
        Tunnel = new AgentTunnel(
            new AgentIdentity(id, identifiers, "test", features), laneToken: id, _toServer.Reader, _fromServer.Writer,
            new AgentContext(TunnelLimits.Default, time, new ServerMetrics(IdleTunnels.CreateMeters()), NullLogger.Instance));
        _running = Tunnel.RunAsync(registry, CancellationToken.None);
    }

    public AgentTunnel Tunnel { get; }

    /// <summary>Ends with the tunnel.</summary>
    public Task Running => _running;

    public async Task SendAsync(Packet packet)
    {
        PacketCodec.Write(_toServer.Writer, packet);
        await _toServer.Writer.FlushAsync().DefaultTimeout();
    }

    /// <summary>The next packet of this type; what else comes before it is passed over.</summary>
    public async Task<Packet> HearAsync(PacketType type)
    {
        while (true)
        {
            while (_reader.TryRead(out var packet))
            {
                if (packet.Type == type)
                {
                    return packet.Message!;
                }
            }

            Assert.True(await _reader.ReadAsync(CancellationToken.None).DefaultTimeout(), $"the stream ended without {type}");
        }
    }

    /// <summary>Takes all that has come and answers the last question in it.</summary>
    public async Task AnswerPingAsync()
    {
        var ping = await HearAsync(PacketType.Ping);
        while (_reader.TryRead(out var packet))
        {
            ping = packet.Type == PacketType.Ping ? packet.Message! : ping;
        }

        await SendAsync(PacketFactory.PingAnswer(ping.Ping.Id));
        await Eventually.ObserveAsync(() => Task.FromResult(Tunnel is { HasAnswered: true, IsSilent: false }));
    }

    public async ValueTask DisposeAsync()
    {
        Tunnel.Stop();
        await _running.DefaultTimeout();
        Assert.DoesNotContain(Tunnel, _registry.Tunnels);
    }
}
