using System.Security.Cryptography;
using System.Text;
using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;
using Xunit.Abstractions;

namespace ClusterProxy.Agent.Tests.Targets;

/// <summary>What goes over one tunnel, packet by packet, against real targets.</summary>
public sealed class TunnelTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    /// <summary>Tests wait for it, and others have to see a dial that hangs before it is over.</summary>
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(5);

    private readonly TestCertificates _certificates = new();
    private ScriptedServer _server = null!;
    private AgentUnderTest _agent = null!;
    private ScriptedTunnel _tunnel = null!;

    public async Task InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync(_certificates);
        _agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, _server.Port) with
        {
            DialTimeout = DialTimeout,
            ConnectionStallLimit = TimeSpan.FromSeconds(1),
        });
        _tunnel = await _server.TunnelAsync();
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    public void Dispose() => _certificates.Dispose();

    [Fact, Trait("Spec", "7.41")]
    public async Task Dial_TargetAccepts_AnswersWithRandomAndCarriesBytesBothWays()
    {
        await using var target = new EchoTarget();
        var id = await _tunnel.ConnectAsync(target.Address);

        await _tunnel.SendDataAsync(id, "hello"u8.ToArray());

        Assert.Equal("hello", Encoding.ASCII.GetString(await _tunnel.ReceiveDataAsync(id, 5)));
        Assert.Equal(1, id);
        Assert.Equal(1, await _agent.MetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections"));
        Assert.Equal(1, await _agent.MetricAsync("konnectivity_network_proxy_agent_dial_duration_seconds_count"));
    }

    [Fact, Trait("Spec", "7.41")]
    public async Task Target_Closes_SendsLastBytesThenCloseResponseWithoutError()
    {
        await using var target = new SourceTarget(300_000);
        var id = await _tunnel.ConnectAsync(target.Address);

        var bytes = await _tunnel.ReceiveDataAsync(id, 300_000);

        Assert.Equal("", (await _tunnel.ReceiveCloseAsync(id)).Error);
        Assert.Equal(target.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
        await _agent.WaitForMetricAsync("clusterproxy_agent_connections_closed_total{reason=\"target_closed\"}", 1);
    }

    [Fact]
    public async Task Target_Resets_SendsCloseResponseAndCountsTheReset()
    {
        await using var target = new ResetTarget(afterBytes: 1);
        var id = await _tunnel.ConnectAsync(target.Address);

        await _tunnel.SendDataAsync(id, "x"u8.ToArray());

        Assert.Equal("", (await _tunnel.ReceiveCloseAsync(id)).Error);
        await _agent.WaitForMetricAsync("clusterproxy_agent_connections_closed_total{reason=\"target_reset\"}", 1);
    }

    [Fact, Trait("Spec", "7.42")]
    public async Task CloseRequest_Twice_IsAnsweredAndThenUnknown()
    {
        await using var target = new EchoTarget();
        var id = await _tunnel.ConnectAsync(target.Address);

        await _tunnel.SendCloseAsync(id);
        Assert.Equal("", (await _tunnel.ReceiveCloseAsync(id)).Error);
        await _tunnel.SendCloseAsync(id);

        Assert.Equal("Unknown connectID", (await _tunnel.ReceiveCloseAsync(id)).Error);
        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
    }

    [Fact]
    public async Task CloseRequest_TargetSendsWithoutEnd_IsResetAfterWhatWasUnderWay()
    {
        await using var target = new SourceTarget(1L << 40);
        var id = await _tunnel.ConnectAsync(target.Address);
        await target.BytesSent.WaitForAtLeastAsync(1).DefaultTimeout();

        await _tunnel.SendCloseAsync(id);

        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);

        // Sockets hold some megabytes; what a second of reading takes is a hundred times that.
        Assert.InRange(target.BytesSent.Value, 1, 64 * 1024 * 1024);
    }

    [Theory, Trait("Spec", "7.42")]
    [InlineData(99)]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task CloseRequest_NeverOpened_IsAnswered(long id)
    {
        await _tunnel.SendCloseAsync(id);

        Assert.Equal("Unknown connectID", (await _tunnel.ReceiveCloseAsync(id)).Error);
    }

    [Fact, Trait("Spec", "7.43")]
    public async Task Data_UnknownId_IsAnsweredWithCloseResponseForIt()
    {
        await _tunnel.SendDataAsync(42, "x"u8.ToArray());

        Assert.Equal("unrecognized connectID", (await _tunnel.ReceiveCloseAsync(42)).Error);
    }

    [Fact]
    public async Task CloseRequest_BytesQueuedForTarget_AreAllDelivered()
    {
        await using var target = new SinkTarget();
        var id = await _tunnel.ConnectAsync(target.Address);
        var payload = new byte[60_000];
        for (var i = 0; i < 15; i++)
        {
            SeededBytes.Fill(3, i * payload.LongLength, payload);
            await _tunnel.SendDataAsync(id, payload);
        }

        await _tunnel.SendCloseAsync(id);
        Assert.Equal("", (await _tunnel.ReceiveCloseAsync(id)).Error);
        target.AllowAll();

        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
        Assert.Equal(15 * 60_000, target.BytesReceived.Value);
        Assert.Equal(SeededBytes.Sha256(3, 15 * 60_000), target.Sha256());
    }

    [Fact]
    public async Task Target_NeverReads_LosesOnlyItsOwnConnection()
    {
        await using var sink = new SinkTarget();
        await using var echo = new EchoTarget();
        var stalled = await _tunnel.ConnectAsync(sink.Address);
        var healthy = await _tunnel.ConnectAsync(echo.Address);
        var payload = new byte[60_000];
        for (var i = 0; i < 200; i++)
        {
            await _tunnel.SendDataAsync(stalled, payload);
        }

        Assert.Contains("stall limit", (await _tunnel.ReceiveCloseAsync(stalled)).Error);
        await _tunnel.SendDataAsync(healthy, "still here"u8.ToArray());

        var left = new List<Packet>();
        for (Packet packet; (packet = await _tunnel.ReceiveAnyAsync()).Type != PacketType.Data;)
        {
            left.Add(packet);
        }

        Assert.All(left, p => Assert.Equal("unrecognized connectID", p.CloseResponse.Error));
        await _agent.WaitForMetricAsync("clusterproxy_agent_connections_closed_total{reason=\"stalled\"}", 1);
        Assert.True(await _agent.MetricAsync("clusterproxy_agent_stalls_total") >= 1);
    }

    [Fact]
    public async Task Dial_Refused_CarriesGoText()
    {
        using var port = new RefusingPort();

        var response = await _tunnel.DialAsync(port.Address);

        Assert.Equal($"dial tcp {port.Address}: connect: connection refused", response.Error);
        Assert.Equal(0, response.ConnectID);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_endpoint_dial_failure_total{reason=\"unknown\"}", 1);
    }

    [Fact]
    public async Task Dial_BlackHole_TimesOutInGoWords()
    {
        await using var hole = await BlackHole.CreateAsync();

        var response = await _tunnel.DialAsync(hole.Address);

        Assert.Equal($"dial tcp {hole.Address}: i/o timeout", response.Error);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_endpoint_dial_failure_total{reason=\"timeout\"}", 1);
    }

    [Theory]
    [InlineData("udp", "127.0.0.1:53", "protocol not supported")]
    [InlineData("unix", "/var/run/docker.sock", "protocol not supported")]
    [InlineData("tcp", "no-port", "address no-port: missing port in address")]
    [InlineData("tcp", "::1:80", "too many colons in address")]
    [InlineData("tcp", "name:http", "unknown port")]
    [InlineData("tcp", "169.254.169.254:80", "denied by the agent's target policy")]
    [InlineData("tcp", "[::ffff:169.254.169.254]:80", "denied by the agent's target policy")]
    public async Task Dial_NotPossible_SaysWhy(string protocol, string address, string error)
    {
        var response = await _tunnel.DialAsync(address, protocol);

        Assert.Contains(error, response.Error);
    }

    [Fact]
    public async Task Dial_Failed_ConsumesAConnectId()
    {
        await using var target = new EchoTarget();
        await _tunnel.DialAsync("no-port");

        Assert.Equal(2, await _tunnel.ConnectAsync(target.Address));
    }

    [Fact]
    public async Task CloseDial_Pending_AbortsTheDialWithoutAnAnswer()
    {
        await using var hole = await BlackHole.CreateAsync();
        await using var target = new EchoTarget();
        await _tunnel.SendDialAsync(hole.Address, 7);
        await _agent.WaitForMetricAsync("clusterproxy_agent_pending_dials", 1);

        await _tunnel.SendCloseDialAsync(7);

        await _agent.WaitForMetricAsync("clusterproxy_agent_pending_dials", 0);
        await _tunnel.ConnectAsync(target.Address);
        Assert.Null(await _agent.MetricAsync("konnectivity_network_proxy_agent_endpoint_dial_failure_total{reason=\"timeout\"}"));
    }

    [Fact]
    public async Task CloseDial_CrossedDialResponse_ClosesTheConnection()
    {
        await using var target = new EchoTarget();
        var random = _tunnel.NextRandom();
        await _tunnel.SendDialAsync(target.Address, random);
        var id = (await _tunnel.ReceiveAsync(PacketType.DialRsp)).DialResponse.ConnectID;

        await _tunnel.SendCloseDialAsync(random);

        await _tunnel.ReceiveCloseAsync(id);
        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
    }

    [Fact]
    public async Task Dials_TooManyPending_AreRefusedAndTheRestLives()
    {
        await using var hole = await BlackHole.CreateAsync();
        for (var i = 0; i < 1001; i++)
        {
            await _tunnel.SendDialAsync(hole.Address, i + 1);
        }

        var refused = (await _tunnel.ReceiveAsync(PacketType.DialRsp)).DialResponse;
        Assert.Contains("dials pending", refused.Error);
        for (var i = 0; i < 1000; i++)
        {
            Assert.EndsWith("i/o timeout", (await _tunnel.ReceiveAsync(PacketType.DialRsp)).DialResponse.Error);
        }
    }

    [Fact, Trait("Spec", "7.44")]
    public async Task Tunnel_LostWhileDialIsPending_LeavesNeitherConnectionNorDial()
    {
        await using var hole = await BlackHole.CreateAsync();
        await using var target = new EchoTarget();
        await _tunnel.ConnectAsync(target.Address);
        await _tunnel.SendDialAsync(hole.Address, 7);
        await _agent.WaitForMetricAsync("clusterproxy_agent_pending_dials", 1);

        _tunnel.Abort();

        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
        await _agent.WaitForMetricAsync("clusterproxy_agent_pending_dials", 0);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
        await _agent.WaitForMetricAsync("clusterproxy_agent_connections_closed_total{reason=\"tunnel_lost\"}", 1);
    }

    [Fact]
    public async Task Connections_EndedAtRandomMoments_LeaveEveryTableEmpty()
    {
        const int Count = 600;
        var random = SeededRandom.Create(output.WriteLine);
        var marker = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answering = _tunnel.ReceiveAllAsync(AnswerAsync);
        await using var echo = new EchoTarget();
        await using var source = new SourceTarget(100_000);
        await using var reset = new ResetTarget(afterBytes: 1);
        using var refusing = new RefusingPort();
        string[] targets = [echo.Address, source.Address, reset.Address, refusing.Address];
        for (var i = 1; i <= Count; i++)
        {
            await _tunnel.SendDialAsync(targets[random.Next(targets.Length)], i);
            switch (random.Next(5))
            {
                case 0:
                    await _tunnel.SendCloseDialAsync(i);
                    break;
                case 1:
                    await _tunnel.SendCloseAsync(random.Next(1, i + 1));
                    break;
                case 2:
                    await _tunnel.SendDataAsync(random.Next(1, i + 1), new byte[random.Next(1, 20_000)]);
                    break;
                case 3:
                    await _tunnel.SendCloseDialAsync(random.Next(1, i + 1));
                    break;
            }
        }

        // Answered by the read loop behind everything sent before.
        await _tunnel.SendCloseAsync(Count + 1);
        await marker.Task.DefaultTimeout();
        await _agent.WaitForMetricAsync("clusterproxy_agent_pending_dials", 0);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
        _tunnel.End();
        await answering.DefaultTimeout();

        async Task AnswerAsync(Packet packet)
        {
            if (packet.Type == PacketType.DialRsp && packet.DialResponse.ConnectID != 0)
            {
                await _tunnel.SendCloseAsync(packet.DialResponse.ConnectID);
            }
            else if (packet.Type == PacketType.CloseRsp && packet.CloseResponse.ConnectID == Count + 1)
            {
                marker.SetResult();
            }
        }
    }

    [Fact]
    public async Task Packets_OfUnknownTypes_AreSkipped()
    {
        await using var target = new EchoTarget();
        await _tunnel.SendAsync(new Packet { Type = (PacketType)99 });
        await _tunnel.SendAsync(new Packet { Type = PacketType.Drain, Drain = new Drain() });
        await _tunnel.SendAsync(new Packet { Type = PacketType.DialRsp, DialResponse = new DialResponse { Random = 1 } });
        await _tunnel.SendHalfCloseAsync(1);

        await _tunnel.ConnectAsync(target.Address);
    }

    [Fact]
    public async Task Garbage_EndsTheTunnelAndTheAgentComesBack()
    {
        await _tunnel.SendRawAsync(new byte[] { 0, 0, 0, 0, 3, 0xff, 0xff, 0xff });

        await _server.TunnelAsync(1);
        Assert.Equal(1, await _agent.MetricAsync("konnectivity_network_proxy_agent_server_connection_failure_count{direction=\"from_server\"}"));
    }

    [Fact]
    public async Task Server_DoesNotRead_TargetIsHeldBackAndThenComplete()
    {
        const int Length = 12 * 1024 * 1024;
        await using var target = new SourceTarget(Length);
        var id = await _tunnel.ConnectAsync(target.Address);
        _tunnel.StopReading();
        await target.BytesSent.WaitForAtLeastAsync(1).DefaultTimeout();
        _tunnel.ResumeReading();

        var bytes = await _tunnel.ReceiveDataAsync(id, Length);

        Assert.Equal(Length, bytes.Length);
        await _tunnel.ReceiveCloseAsync(id);
    }
}
