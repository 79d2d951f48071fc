using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Listening;

/// <summary>Callers who begin a head and send no more. The port gives them half a minute, by the real clock.</summary>
public sealed class SlowHeadTests
{
    private static readonly TimeSpan Patience = 3 * TaskTimeouts.Default;

    [Fact]
    public async Task Heads_ThatDoNotEnd_AreCut_AndOthersAreServed()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await using var first = await ConnectAsync(gateway, SslApplicationProtocol.Http11);
        await using var second = await ConnectAsync(gateway, SslApplicationProtocol.Http2);
        await using var http = await RawHttp2.StartAsync(second);

        await first.WriteAsync(Encoding.ASCII.GetBytes($"GET {GatewayFixture.Root} HTTP/1.1\r\nHost: gateway\r\nX: ")).DefaultTimeout();
        var headers = RawHttp2.HeaderBlock((":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", GatewayFixture.Root));
        await http.SendAsync(RawHttp2.Frame(RawFrame.Headers, RawFrame.EndStream, 1, headers));
        using (var answer = await gateway.Bearer("alice").GetAsync(GatewayFixture.Root).DefaultTimeout())
        {
            Assert.True(answer.IsSuccessStatusCode);
        }

        var ends = await Task.WhenAll(EndAsync(first), EndAsync(second)).WaitAsync(Patience);
        Assert.StartsWith("HTTP/1.1 408 ", ends[0], StringComparison.Ordinal);
    }

    private static async Task<string> EndAsync(Stream stream)
    {
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all);
        }
        catch (IOException)
        {
            // A reset says the same.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    private static async Task<SslStream> ConnectAsync(GatewayFixture gateway, SslApplicationProtocol protocol)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, gateway.Url.Port).DefaultTimeout();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [protocol],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        }).DefaultTimeout();
        return stream;
    }
}
