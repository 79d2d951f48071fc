using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Agent.Tests.Targets;

/// <summary>A tunnel on which both ends announced half-close.</summary>
public sealed class HalfCloseTests : IAsyncLifetime, IDisposable
{
    private const PacketType HalfClose = (PacketType)64;
    private const string Reset = "closed: the target reset the connection";

    private readonly TestCertificates _certificates = new();
    private ScriptedServer _server = null!;
    private AgentUnderTest _agent = null!;
    private ScriptedTunnel _tunnel = null!;

    public async Task InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync(_certificates);
        _server.Features = "half-close";
        _agent = await AgentUnderTest.StartAsync(_certificates, _server.Port);
        _tunnel = await _server.TunnelAsync();
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task HalfClose_FromFrontend_TargetStillAnswers()
    {
        await using var target = new HalfCloseEchoTarget();
        var id = await _tunnel.ConnectAsync(target.Address);
        await _tunnel.SendDataAsync(id, "question"u8.ToArray());

        await _tunnel.SendHalfCloseAsync(id);

        Assert.Equal("question", Encoding.ASCII.GetString(await _tunnel.ReceiveDataAsync(id, 8)));
        Assert.Equal("", (await _tunnel.ReceiveCloseAsync(id)).Error);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
    }

    [Fact]
    public async Task Target_EndsItsDirection_FrontendCanStillSend()
    {
        await using var target = new SourceTarget(1000);
        var id = await _tunnel.ConnectAsync(target.Address);
        await _tunnel.ReceiveDataAsync(id, 1000);
        Assert.Equal(id, (await _tunnel.ReceiveAsync(HalfClose)).CloseRequest.ConnectID);

        // More than the target takes before the tunnel's end of the connection is over.
        for (var i = 0; i < 15; i++)
        {
            await _tunnel.SendDataAsync(id, new byte[60_000]);
        }

        await _tunnel.SendHalfCloseAsync(id);

        Assert.Equal("", (await _tunnel.ReceiveCloseAsync(id)).Error);
        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
        Assert.Equal(15 * 60_000, target.BytesReceived.Value);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
    }

    [Fact]
    public async Task CloseRequest_AfterTargetsHalfClose_EndsIt()
    {
        await using var target = new SourceTarget(10);
        var id = await _tunnel.ConnectAsync(target.Address);
        await _tunnel.ReceiveDataAsync(id, 10);
        await _tunnel.ReceiveAsync(HalfClose);

        await _tunnel.SendCloseAsync(id);

        await _tunnel.ReceiveCloseAsync(id);
        await _agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_endpoint_connections", 0);
    }

    [Fact]
    public async Task Target_ResetsAfterFrontendsHalfClose_EndsIt()
    {
        await using var target = new SinkTarget();
        var id = await _tunnel.ConnectAsync(target.Address);
        await _tunnel.SendHalfCloseAsync(id);
        await target.Accepted.WaitForAtLeastAsync(1).DefaultTimeout();

        target.CloseConnections(reset: true);

        Assert.Equal(Reset, (await _tunnel.ReceiveCloseAsync(id)).Error);
        await _agent.WaitForMetricAsync("clusterproxy_agent_connections_closed_total{reason=\"target_reset\"}", 1);
    }

    [Fact]
    public async Task Target_Resets_IsTold_BehindWhatItSent()
    {
        await using var target = new ResetTarget(afterBytes: 1, answer: "partial"u8.ToArray());
        var id = await _tunnel.ConnectAsync(target.Address);

        await _tunnel.SendDataAsync(id, "x"u8.ToArray());

        Assert.Equal("partial", Encoding.ASCII.GetString(await _tunnel.ReceiveDataAsync(id, 7)));
        Assert.Equal(Reset, (await _tunnel.ReceiveCloseAsync(id)).Error);
    }

    /// <summary>Several times: the kernel tells of it once, either the loop that sends or the one that receives.</summary>
    [Fact]
    public async Task Target_ResetsInTheMiddleOfAnUpload_IsTold()
    {
        for (var i = 1; i <= 50; i++)
        {
            await using var target = new ResetTarget(afterBytes: 100_000);
            var id = await _tunnel.ConnectAsync(target.Address);

            await _tunnel.SendDataAsync(id, new byte[200_000]);

            Assert.Equal(Reset, (await _tunnel.ReceiveCloseAsync(id)).Error);
            await _agent.WaitForMetricAsync("clusterproxy_agent_connections_closed_total{reason=\"target_reset\"}", i);
        }
    }

    /// <summary>Several times: which of the ends is noticed first is a race.</summary>
    [Fact]
    public async Task FrontendsCut_AfterTargetsHalfClose_ResetsTheTarget()
    {
        for (var i = 0; i < 20; i++)
        {
            await EndAfterTargetsHalfCloseAsync(id => _tunnel.SendAsync(PacketFactory.CloseRequest(id, cut: true)));
            await _tunnel.ReceiveAsync(PacketType.CloseRsp);
        }
    }

    [Fact]
    public Task TunnelLost_AfterTargetsHalfClose_ResetsTheTarget() => EndAfterTargetsHalfCloseAsync(_ =>
    {
        _tunnel.Abort();
        return Task.CompletedTask;
    });

    private async Task EndAfterTargetsHalfCloseAsync(Func<long, Task> end)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accept = listener.AcceptSocketAsync();
        var id = await _tunnel.ConnectAsync(listener.LocalEndpoint.ToString()!);
        using var target = await accept.DefaultTimeout();
        target.Shutdown(SocketShutdown.Send);
        await _tunnel.ReceiveAsync(HalfClose);
        await _tunnel.SendDataAsync(id, new byte[1]);
        var buffer = new byte[16];
        Assert.Equal(1, await target.ReceiveAsync(buffer).DefaultTimeout());

        await end(id);

        // An end in good order would let what was cut off look whole.
        await Assert.ThrowsAsync<SocketException>(() => target.ReceiveAsync(buffer).DefaultTimeout());
    }
}
