using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tests.Simulation;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

public sealed class TunnelWriterTests
{
    [Fact]
    public async Task Write_ClosedBehindData_CloseFollowsTheLastByte()
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(4);
        await connection.Output.WriteAsync(new byte[100_000]).DefaultTimeout();
        await connection.Output.CompleteAsync();
        Assert.Equal(["Data 4 65536", "Data 4 34464", "CloseReq 4"], await tunnel.ReadAsync(3).DefaultTimeout());
    }

    [Fact]
    public async Task Write_ManyFlowsWithBytes_TakeTurns()
    {
        await using var tunnel = new TunnelPair(window: 1);
        var connections = Enumerable.Range(1, 4).Select(i => tunnel.Connect(i)).ToList();
        foreach (var connection in connections)
        {
            _ = connection.Output.GetSpan(3 * 65536);
            connection.Output.Advance(3 * 65536);
            await connection.Output.FlushAsync().DefaultTimeout();
        }

        var packets = await tunnel.ReadAsync(12).DefaultTimeout();
        for (var id = 1; id <= 4; id++)
        {
            Assert.Equal(3, packets.Count(p => p.StartsWith($"Data {id} ", StringComparison.Ordinal)));
        }

        // Whatever the start was, nobody gets a third packet before everybody has had a second.
        var seconds = Enumerable.Range(1, 4).Max(id => NthIndex(packets, id, 2));
        var thirds = Enumerable.Range(1, 4).Min(id => NthIndex(packets, id, 3));
        Assert.True(seconds < thirds + 4, string.Join(", ", packets));
    }

    [Fact]
    public async Task Write_ControlWhileBulkIsQueued_GoesFirst()
    {
        await using var tunnel = new TunnelPair(window: 1);
        var connection = tunnel.Connect(1);
        _ = connection.Output.GetSpan(250 * 1024);
        connection.Output.Advance(250 * 1024);
        await connection.Output.FlushAsync().DefaultTimeout();
        Assert.StartsWith("Data", (await tunnel.ReadAsync(1).DefaultTimeout())[0], StringComparison.Ordinal);
        Assert.True(tunnel.Writer.TrySend(PacketFactory.Drain()));
        var packets = await tunnel.ReadAsync(4).DefaultTimeout();
        Assert.True(packets.IndexOf("Drain") < 3, string.Join(", ", packets));
    }

    /// <summary>As DIAL_RSP and the greeting of its target: what comes in between two looks of one turn keeps its order.</summary>
    [Fact]
    public async Task Write_PacketAndThenAFlowWithinATurn_KeepTheirOrder()
    {
        var observer = new SentObserver();
        await using var tunnel = new TunnelPair(observer: observer);
        observer.OnFirstData = () =>
        {
            Assert.True(tunnel.Writer.TrySend(PacketFactory.Drain()));
            tunnel.Writer.AddFlow(2).Start(PipeReader.Create(new(new byte[10])), static _ => null, observer);
        };
        await tunnel.Connect(1).Output.WriteAsync(new byte[10]).DefaultTimeout();

        Assert.Equal(["Data 1 10", "Drain", "Data 2 10"], await tunnel.ReadAsync(3).DefaultTimeout());
    }

    [Fact]
    public async Task Write_FlowHadTheLastTurnToItself_LeavesInsideTheWrite()
    {
        var held = new SimulatedScheduler(new Random(1));
        var tunnel = new TunnelPair(TunnelLimits.Default with { Scheduler = held });
        var connection = tunnel.Connect(1);
        var other = tunnel.Connect(2);
        RunAll();
        await connection.Output.WriteAsync(new byte[10]);
        Assert.Equal(0, connection.SentBytes);
        RunAll();
        Assert.Equal(10, connection.SentBytes);
        await connection.Output.WriteAsync(new byte[10]);
        Assert.Equal(20, connection.SentBytes);

        // With company, one flush for both is better.
        await other.Output.WriteAsync(new byte[10]);
        await connection.Output.WriteAsync(new byte[10]);
        Assert.Equal((20, 0), (connection.SentBytes, other.SentBytes));
        RunAll();
        await connection.Output.WriteAsync(new byte[10]);
        Assert.Equal((30, 10), (connection.SentBytes, other.SentBytes));

        var disposal = tunnel.DisposeAsync().AsTask();
        RunAll();
        await disposal.DefaultTimeout();

        void RunAll()
        {
            while (held.RunOne())
            {
            }
        }
    }

    [Fact]
    public async Task TrySend_PeerNeverReads_TunnelIsCutAtTheBound()
    {
        await using var tunnel = new TunnelPair(TunnelLimits.Default with { ControlQueue = 100 }, window: 1);
        var sent = 0;
        while (sent < 10_000 && tunnel.Writer.TrySend(PacketFactory.CloseRequest(1)))
        {
            sent++;
        }

        Assert.InRange(sent, 100, 9_999);
        var e = await Assert.ThrowsAsync<GrpcException>(() => tunnel.Writer.Completion).DefaultTimeout();
        Assert.Equal(GrpcStatusCode.ResourceExhausted, e.Status.Code);
        Assert.False(tunnel.Writer.TrySend(PacketFactory.Drain()));
    }

    [Fact]
    public async Task Complete_QueuedPackets_AreSentFirst()
    {
        await using var tunnel = new TunnelPair();
        tunnel.Writer.TrySend(PacketFactory.Drain());
        tunnel.Writer.Complete();
        await tunnel.Writer.Completion.DefaultTimeout();
        Assert.Equal(["Drain"], await tunnel.ReadAsync(1).DefaultTimeout());
        Assert.False(tunnel.Writer.TrySend(PacketFactory.Drain()));
    }

    [Fact]
    public async Task Abort_BlockedFlush_ReleasesEveryProducer()
    {
        var tunnel = new TunnelPair(window: 1);
        var connections = Enumerable.Range(1, 20).Select(i => tunnel.Connect(i)).ToList();
        var writes = connections.ConvertAll(c => c.Output.WriteAsync(new byte[1024 * 1024]).AsTask());
        await tunnel.Writer.DisposeAsync();
        foreach (var connection in connections)
        {
            connection.EndByPeer(CloseReason.TunnelLost);
        }

        foreach (var write in writes)
        {
            Assert.True((await write.DefaultTimeout()).IsCompleted);
        }

        Assert.All(connections, c => Assert.Equal(CloseReason.TunnelLost, c.Completion.Result));
        await tunnel.DisposeAsync();
    }

    private static int NthIndex(List<string> packets, int id, int n) =>
        packets.Select((p, i) => (p, i)).Where(x => x.p.StartsWith($"Data {id} ", StringComparison.Ordinal)).ElementAt(n - 1).i;

    private sealed class SentObserver : IPacketObserver
    {
        public Action? OnFirstData { get; set; }

        public void PacketSent(PacketType type, long payloadBytes)
        {
            if (type == PacketType.Data && OnFirstData is { } first)
            {
                OnFirstData = null;
                first();
            }
        }

        public void PacketReceived(PacketType type, long payloadBytes)
        {
        }

        public void CreditViolated(long connectId)
        {
        }

        public void CreditRefused(long connectId)
        {
        }

        public void StallStarted()
        {
        }

        public void StallEnded(TimeSpan elapsed)
        {
        }
    }
}
