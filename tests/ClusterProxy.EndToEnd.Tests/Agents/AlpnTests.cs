using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class AlpnTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Custom = "konnectivity-east";

    [Fact]
    [Trait("Spec", "7.18")]
    public async Task CustomAlpnName_IsOfferedFirst_AndCanBeSelected()
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Agents = 0 });
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var seen = new TaskCompletionSource<(byte[] Hello, string Selected)>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var end = new CancellationTokenSource();
        var router = RouteAsync(fixture, listener, seen, end.Token);

        await fixture.StartAgentAsync(o => o with
        {
            AlpnProto = [Custom],
            ProxyServerHost = [new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port)],
        });
        var (hello, selected) = await seen.Task.DefaultTimeout();
        await fixture.WaitForAgentsAsync();

        // As the ALPN extension lists them: each name behind its length.
        byte[] names = [(byte)Custom.Length, .. Encoding.ASCII.GetBytes(Custom), 2, (byte)'h', (byte)'2'];
        Assert.True(hello.AsSpan().IndexOf(names) > 0, "the ClientHello does not offer the custom name before h2");
        Assert.Equal(Custom, selected);
        Assert.Equal(target.Body, await fixture.Http(FrontendKind.GrpcTls).GetStringAsync(target.Url).DefaultTimeout());
        await fixture.StopAgentAsync(fixture.Agents[0]);
        await end.CancelAsync();
        await router.DefaultTimeout();
    }

    /// <summary>Ends TLS as a router by ALPN does, and goes on to the server's agent port.</summary>
    private static async Task RouteAsync(
        TunnelFixture fixture, TcpListener listener, TaskCompletionSource<(byte[] Hello, string Selected)> seen, CancellationToken end)
    {
        try
        {
            using var socket = await listener.AcceptSocketAsync(end);
            var hello = new byte[16 * 1024];
            var length = await socket.ReceiveAsync(hello, SocketFlags.Peek, end);
            await using var agent = new SslStream(new NetworkStream(socket));
            await agent.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = fixture.AgentPlane.Server().Certificate,
                    ApplicationProtocols = [new SslApplicationProtocol(Custom)],
                },
                end);
            seen.SetResult((hello[..length], agent.NegotiatedApplicationProtocol.ToString()));
            await using var server = await Sockets.ConnectTlsAsync(fixture.Relay.Port, fixture.AgentPlane, fixture.AgentPlane.Client(), "h2");
            await Task.WhenAny(agent.CopyToAsync(server, end), server.CopyToAsync(agent, end));
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }
}
