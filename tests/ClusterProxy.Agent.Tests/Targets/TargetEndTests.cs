using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Tests.Targets;

/// <summary>What a target's end is told as when the loop that receives is behind: nobody grants it credit.</summary>
public sealed class TargetEndTests : IAsyncDisposable
{
    private const int AnswerSize = 100_000;

    private static readonly TunnelLimits Limits = TunnelLimits.Default with { InitialWindow = 1024, SendBuffer = 1024 };

    private readonly Socket _target;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Pipe _wire = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly TunnelWriter _writer;
    private readonly TunnelConnection _tunnel;
    private readonly TargetConnection _connection;

    public TargetEndTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _socket.Connect(listener.LocalEndPoint!);
        _target = listener.Accept();
        _writer = new TunnelWriter(_wire.Writer, Limits);
        _tunnel = new TunnelConnection(
            _writer, 1, TunnelRole.Dialed, TunnelFeatureSet.Credit | TunnelFeatureSet.HalfClose, Limits, TimeProvider.System, observer: null, static _ => { });
        _connection = new TargetConnection("1", _socket, _tunnel, Limits, TimeProvider.System, static _ => { });
    }

    public async ValueTask DisposeAsync()
    {
        _target.Dispose();
        await _connection.EndAsync().DefaultTimeout();
        await _writer.DisposeAsync();
    }

    /// <summary>It refuses what comes behind its end with RST, which is no reset of what it sent before.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Target_ThatEndedBeforeItRefusedBytes_HasEnded(int sends)
    {
        _connection.Start();
        await _target.SendAsync(new byte[AnswerSize]);
        _target.Close();

        for (var i = 0; i < sends; i++)
        {
            // The second meets a connection that is over, and takes the kernel's word for it.
            await SendAsync();
            await Eventually.ObserveAsync(() => Task.FromResult(TcpState.Read(_socket) is { IsOver: true }));
        }

        await EndsAsync(AnswerSize, "");
    }

    /// <summary>The loop that sends is told, and the one that receives finds no more than an end.</summary>
    [Fact]
    public async Task Target_ThatResetsWhatItGets_IsToldAsAReset()
    {
        _connection.Start();
        await _target.SendAsync(new byte[AnswerSize]);
        await Eventually.ObserveAsync(() => Task.FromResult(_socket.Available > 0));
        _target.Close(0);
        await Eventually.ObserveAsync(() => Task.FromResult(TcpState.Read(_socket) is { IsOver: true }));
        await SendAsync();

        await EndsAsync(null, CloseReason.TargetReset.ToPeerText());
    }

    private async Task SendAsync() => await _tunnel.ReceiveAsync(new ReadOnlySequence<byte>(new byte[1])).AsTask().DefaultTimeout();

    /// <summary>Grants what is left, and takes what comes up to CLOSE_RSP.</summary>
    private async Task EndsAsync(int? bytes, string error)
    {
        _tunnel.ReceiveCredit(2 * AnswerSize);
        var reader = new PacketReader(_wire.Reader);
        var received = 0;
        while (true)
        {
            while (reader.TryRead(out var packet))
            {
                received += (int)packet.Payload.Length;
                if (packet.Type == PacketType.CloseRsp)
                {
                    Assert.Equal((bytes ?? received, error), (received, packet.Message!.CloseResponse.Error));
                    return;
                }
            }

            Assert.True(await reader.ReadAsync(CancellationToken.None).DefaultTimeout());
        }
    }
}
