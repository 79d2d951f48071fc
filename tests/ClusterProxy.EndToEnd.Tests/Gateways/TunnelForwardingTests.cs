using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Clusters;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Gateways;

/// <summary>From a caller through the gateway, a server and an agent to an API server, with TLS checked end to end.</summary>
public sealed class TunnelForwardingTests(ITestOutputHelper output) : IAsyncLifetime
{
    private TunnelFixture _tunnel = null!;
    private ForwarderFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        SeededRandom.PrintSeedOfThisRun(output.WriteLine);
        _tunnel = await TunnelFixture.StartAsync();
        _gateway = await ForwarderFixture.StartAsync(
            static o => o with { ClusterConnectTimeout = TimeSpan.FromSeconds(5) }, _tunnel.Client(FrontendKind.LaneTls));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _tunnel.DisposeAsync();
    }

    [Fact]
    public async Task Requests_AndAWatch_GoOverHttp2()
    {
        var protocols = new ObservedList<string>();
        await using var cluster = await KestrelCluster.StartAsync(
            _gateway.Certificates,
            async context =>
            {
                protocols.Add(context.Request.Protocol);
                await context.Response.WriteAsync("line\n");
            },
            "kubernetes.default.svc");
        Add("alpha", cluster.Port);
        using var client = _gateway.Client();

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("line\n", await client.GetStringAsync("/alpha/version").DefaultTimeout());
        }

        Assert.Equal("line\n", await client.GetStringAsync("/alpha/api/v1/pods?watch=true").DefaultTimeout());
        Assert.All(protocols.Items, static p => Assert.Equal("HTTP/2", p));
    }

    [Theory]
    [InlineData("POST", "SPDY/3.1", "")]
    [InlineData("GET", "websocket", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    public async Task Upgrade_KeepsItsMethod_AndCarriesBytesBothWays(string method, string protocol, string more)
    {
        await using var cluster = new RawCluster(_gateway.Certificates, "kubernetes.default.svc")
        {
            Answer = _ => $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n",
        };
        Add("alpha", cluster.Port);
        await using var caller = await _gateway.ConnectAsync();

        await caller.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} /alpha/api/v1/namespaces/d/pods/p/exec HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n{more}\r\n")).DefaultTimeout();
        var answer = new StringBuilder();
        var buffer = new byte[1024];
        var sent = false;
        while (!answer.ToString().EndsWith("through", StringComparison.Ordinal))
        {
            var read = await caller.ReadAsync(buffer).DefaultTimeout();
            Assert.True(read > 0, $"closed after: {answer}");
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
            if (!sent && answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                sent = true;
                await caller.WriteAsync("through"u8.ToArray()).DefaultTimeout();
            }
        }

        Assert.StartsWith("HTTP/1.1 101", answer.ToString(), StringComparison.Ordinal);
        Assert.Equal(method, Assert.Single(cluster.Requests.Items).Method);
    }

    [Fact]
    public async Task ApiServer_WithAnotherAuthority_GetsNothing()
    {
        using var others = new TestCertificates("others");
        await using var cluster = new RawCluster(others, "kubernetes.default.svc");
        Add("alpha", cluster.Port);
        using var client = _gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Empty(cluster.Requests.Items);
    }

    [Fact]
    public async Task AgentThatIsGone_Is503_WithTheDialsReason()
    {
        Add("alpha", 1);
        await _tunnel.StopAgentAsync(_tunnel.Agents[0]);
        using var client = _gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var status = JsonNode.Parse(await response.Content.ReadAsStringAsync().DefaultTimeout())!;
        Assert.StartsWith("tunnel_", (string?)status["details"]!["causes"]![0]!["reason"], StringComparison.Ordinal);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    /// <summary>Bodies with and without an announced length: of neither may a part be taken for the whole.</summary>
    [Fact]
    public async Task Responses_OverAWayThatBreaks_AreWhole_OrKnownToBeCut()
    {
        const int Length = 400_000;
        var random = SeededRandom.Create(output.WriteLine);
        var body = SeededBytes.Create(seed: 6, Length);
        await using var cluster = await KestrelCluster.StartAsync(
            _gateway.Certificates,
            async context =>
            {
                context.Response.ContentLength = context.Request.Query.ContainsKey("announced") ? Length : null;
                for (var at = 0; at < Length; at += 40_000)
                {
                    await context.Response.Body.WriteAsync(body.AsMemory(at, 40_000));
                }
            },
            "kubernetes.default.svc");
        Add("alpha", cluster.Port);
        using var client = _gateway.Client();
        for (var round = 0; round < 4; round++)
        {
            var plan = FaultPlan.Create(random.Next(), breaks: true, bytes: 4 * Length);
            output.WriteLine($"round {round}, {plan}");
            var requests = Enumerable.Range(0, 12).Select(i => GetAsync(client, i % 2 == 0 ? "/alpha/x?announced" : "/alpha/x")).ToList();
            await plan.RunAsync(_tunnel.Relay, TimeProvider.System, CancellationToken.None).DefaultTimeout();

            foreach (var got in await Task.WhenAll(requests).DefaultTimeout())
            {
                Assert.True(got is null || got.AsSpan().SequenceEqual(body), $"{got?.Length} bytes are taken for the whole; {plan}");
            }

            await Eventually.ObserveAsync(() => GetAsync(client, "/alpha/x"), static got => got is not null);
        }
    }

    /// <summary>The body; null where the client was told that there is none, or not all of it.</summary>
    private static async Task<byte[]?> GetAsync(HttpClient client, string path)
    {
        try
        {
            using var response = await client.GetAsync(path).DefaultTimeout();
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadAsByteArrayAsync().DefaultTimeout();
            }

            Assert.NotNull(JsonNode.Parse(await response.Content.ReadAsStringAsync().DefaultTimeout())!["details"]!["causes"]![0]!["reason"]);
            return null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private void Add(string name, int port) => _gateway.AddCluster(name, port, endpoint => endpoint with
    {
        Kind = EndpointKind.ClusterProxy,
        ServerName = "kubernetes.default.svc",
    });
}
