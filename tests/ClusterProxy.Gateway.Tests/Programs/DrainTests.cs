using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Programs;

/// <summary>How a gateway leaves: every kind of request in flight, on a clock of the test's own.</summary>
public sealed class DrainTests : IAsyncLifetime
{
    private const string Web = GatewayFixture.Root + "/clustergateways/alpha/proxy/api/v1/namespaces/web";

    private readonly ManualTime _time = new();
    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync()
    {
        _managed = await FakeKubernetesApi.StartAsync();
        _gateway = await GatewayFixture.StartAsync(
            static o => o with { ShutdownDelay = TimeSpan.FromSeconds(5), GracefulShutdownTimeout = TimeSpan.FromSeconds(30) }, time: _time);
        _gateway.Put("alpha", c => c with
        {
            Endpoint = c.Endpoint with { Address = _managed.Url, CaBundle = PemSource.FromFile(_managed.Certificates.AuthorityFile) },
            Credential = new ClusterCredential(
                CredentialType.ServiceAccountToken, new KubeConfigUser { Token = FakeKubernetesApi.AdminToken }, null, "f"),
        });
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Fact]
    public async Task Requests_LeaveEachInItsWay()
    {
        var client = _gateway.Bearer("alice");
        using var watch = await client.AskAsync($"{Web}/configmaps?watch=true&resourceVersion=0");
        using var own = await client.AskAsync($"{GatewayFixture.Root}/clustergateways?watch=true&resourceVersion=0");
        await _managed.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();
        await using var upgraded = await SendAsync("POST", "pods/p/exec", "Connection: Upgrade\r\nUpgrade: SPDY/3.1");
        Assert.StartsWith("HTTP/1.1 101 ", await Wire.ReadHeadAsync(upgraded), StringComparison.Ordinal);
        const string Body = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late"}}""";
        await using var slow = await SendAsync("POST", "configmaps", $"Content-Type: application/json\r\nContent-Length: {Body.Length}");
        await Eventually.ObserveAsync(() => Task.FromResult(_gateway.Host.Live.Count(RequestKind.Short) == 1));

        var stopping = _gateway.Host.ShutdownAsync();
        using (var anyone = _gateway.Client())
        {
            Assert.Equal(HttpStatusCode.InternalServerError, (await anyone.GetAsync("/readyz").DefaultTimeout()).StatusCode);
        }

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.EndsWith("\n", await own.Content.ReadAsStringAsync().DefaultTimeout(), StringComparison.Ordinal);
        Assert.Equal("", await watch.Content.ReadAsStringAsync().DefaultTimeout());
        await Eventually.ObserveAsync(IsClosedAsync);
        await slow.WriteAsync(Encoding.ASCII.GetBytes(Body));
        Assert.StartsWith("HTTP/1.1 201 ", await Wire.ReadHeadAsync(slow), StringComparison.Ordinal);
        await upgraded.WriteAsync("still here"u8.ToArray());
        var echo = new byte["still here".Length];
        await upgraded.ReadExactlyAsync(echo).DefaultTimeout();
        Assert.False(stopping.IsCompleted);

        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(stopping.IsCompleted);
        });
        await ShouldEndAsync(upgraded);
    }

    /// <summary>As Go's: its connection stays open after GOAWAY, and it sends nothing but what it is asked for.</summary>
    [Fact]
    public async Task Http2Client_ThatKeepsItsConnection_DoesNotHoldUpTheEnd()
    {
        using var known = _gateway.Bearer("alice");
        var began = _time.GetUtcNow();
        await using var tls = await ConnectAsync(SslApplicationProtocol.Http2);
        await using var http = await RawHttp2.StartAsync(tls);
        var point = new SyncPoint();
        _managed.Faults.Hold(static r => r.Path.EndsWith("/configmaps", StringComparison.Ordinal), point);
        await http.SendAsync(RawHttp2.Frame(RawFrame.Headers, RawFrame.EndHeaders | RawFrame.EndStream, 1, RawHttp2.HeaderBlock(
            (":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", $"{Web}/configmaps"),
            ("authorization", "Bearer token-of-alice"))));
        await point.WaitUntilReachedAsync().DefaultTimeout();

        var stopping = _gateway.Host.ShutdownAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        await ReadUntilAsync(http, static f => f.Type == RawFrame.GoAway);
        point.Continue();

        await ReadUntilAsync(http, static f => f is { StreamId: 1, EndsStream: true });
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return Task.FromResult(stopping.IsCompleted);
        });
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20));
        await stopping.DefaultTimeout();
    }

    private static async Task ReadUntilAsync(RawHttp2 http, Func<RawFrame, bool> matches)
    {
        while (await http.ReadAsync() is { } frame && !matches(frame))
        {
            if (frame.Type is RawFrame.Ping or RawFrame.Settings && (frame.Flags & RawFrame.Ack) == 0)
            {
                await http.SendAsync(RawHttp2.Frame(frame.Type, RawFrame.Ack, 0, frame.Type == RawFrame.Ping ? frame.Payload : []));
            }
        }
    }

    private async Task<NetworkStream> DialAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _gateway.Url.Port);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<bool> IsClosedAsync()
    {
        try
        {
            await using var stream = await DialAsync();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private async Task<SslStream> ConnectAsync(SslApplicationProtocol protocol)
    {
        var stream = new SslStream(await DialAsync().DefaultTimeout());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [protocol],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        }).DefaultTimeout();
        return stream;
    }

    private async Task<SslStream> SendAsync(string method, string path, string headers)
    {
        var stream = await ConnectAsync(SslApplicationProtocol.Http11);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {Web}/{path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer token-of-alice\r\n{headers}\r\n\r\n")).DefaultTimeout();
        return stream;
    }

    private static async Task ShouldEndAsync(Stream stream)
    {
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        }
        catch (IOException)
        {
            // Cut is an end, too.
        }
    }
}
