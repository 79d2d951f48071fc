using System.Net;
using System.Net.Sockets;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Listening;

/// <summary>A client that keeps its one HTTP/2 connection, as a kube-apiserver does.</summary>
public sealed class ConnectionSpreadTests
{
    private const string Clusters = GatewayFixture.Root + "/clustergateways";

    private readonly ObservedCount _connections = new();

    [Fact]
    public async Task Requests_TakeNewConnections_AndAWatchGoesOnOnTheOldOne()
    {
        await using var gateway = await GatewayFixture.StartAsync(static o => o with { GoawayChance = 1 });
        using var client = Client(gateway);
        using var watch = await client.GetAsync($"{Clusters}?watch=true&resourceVersion=0", HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();

        // The word may come behind the answer, so one request more may take the connection that is to be left.
        await Eventually.ObserveAsync(async () =>
        {
            using var answer = await client.GetAsync(Clusters).DefaultTimeout();
            Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
            return _connections.Value >= 5;
        });

        gateway.Put("late");
        using var events = new StreamReader(await watch.Content.ReadAsStreamAsync().DefaultTimeout());
        while (await events.ReadLineAsync().DefaultTimeout() is { } line && !line.Contains("\"late\"", StringComparison.Ordinal))
        {
            Assert.NotEqual("", line);
        }
    }

    [Fact]
    public async Task Requests_WithoutAChance_KeepTheirConnection()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = Client(gateway);

        for (var i = 0; i < 50; i++)
        {
            (await client.GetAsync(Clusters).DefaultTimeout()).Dispose();
        }

        Assert.Equal(1, _connections.Value);
    }

    private HttpClient Client(GatewayFixture gateway)
    {
        gateway.Bearer("alice").Dispose();
        var handler = Wire.Handler(gateway.Serving.Authority.Certificate, certificate: null);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            _connections.Increment();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return new HttpClient(handler)
        {
            BaseAddress = gateway.Url,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            DefaultRequestHeaders = { Authorization = new("Bearer", "token-of-alice") },
        };
    }
}
