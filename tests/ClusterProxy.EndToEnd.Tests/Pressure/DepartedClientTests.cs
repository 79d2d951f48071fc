using System.Net.Sockets;
using System.Text;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Pressure;

/// <summary>A CONNECT client that leaves while nothing is read from it leaves nothing behind.</summary>
public sealed class DepartedClientTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task ClientLeaves_TargetNeverReads_NothingIsHeld()
    {
        var sink = Own(new SinkTarget());
        var fixture = await StartAsync();
        var stream = await fixture.OpenFrontendAsync(FrontendKind.ConnectUnix);
        await ConnectAsync(stream, sink.Address);
        using var leave = new CancellationTokenSource();
        var upload = UploadAsync(stream, leave.Token);
        await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenTargets, 1);
        await Eventually.ObserveAsync(() => Task.FromResult(fixture.Server.Frontends.ConnectClients.Any(static c => c.IsStalled)));

        await leave.CancelAsync();
        await upload.DefaultTimeout();
        await stream.DisposeAsync();

        await fixture.ShouldBecomeIdleAsync();
        Assert.Equal(0, sink.BytesReceived.Value);
    }

    [Fact]
    public async Task ClientLeaves_AfterItsHalfClose_NothingIsHeld()
    {
        var sink = Own(new SinkTarget());
        var fixture = await StartAsync();
        var stream = await fixture.OpenFrontendAsync(FrontendKind.ConnectUnix);
        await ConnectAsync(stream, sink.Address);
        ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenTargets, 1);

        await stream.DisposeAsync();

        await fixture.ShouldBecomeIdleAsync();
    }

    private static async Task ConnectAsync(Stream stream, string target)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\n\r\n")).AsTask().DefaultTimeout();
        await stream.ReadExactlyAsync(new byte["HTTP/1.1 200 Connection Established\r\n\r\n".Length]).AsTask().DefaultTimeout();
    }

    private static async Task UploadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                await stream.WriteAsync(buffer, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has had enough.
        }
    }
}
