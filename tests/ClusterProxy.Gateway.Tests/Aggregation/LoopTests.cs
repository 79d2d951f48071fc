using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Aggregation;

/// <summary>Clusters whose address leads back to the gateway.</summary>
public sealed class LoopTests : IAsyncLifetime
{
    private const string Loop = GatewayFixture.Root + "/clustergateways/loop/proxy";
    private const string Token = "token-of-a-gateway";

    private readonly List<GatewayFixture> _gateways = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task CircleOfGateways_IsLeftAfterOneRound(int length)
    {
        for (var i = 0; i < length; i++)
        {
            await StartAsync();
        }

        for (var i = 0; i < length; i++)
        {
            Put(_gateways[i], _gateways[(i + 1) % length], Loop);
        }

        using var answer = await _gateways[0].FrontProxy().AskAsync($"{Loop}/version");
        var status = JsonNode.Parse(await answer.Content.ReadAsStringAsync().DefaultTimeout())!;

        Assert.Equal((508, 508, "LoopDetected"), ((int)answer.StatusCode, (int?)status["code"], (string?)status["reason"]));
        Assert.Equal("loop", (string?)status["details"]!["causes"]![0]!["reason"]);
        for (var i = 0; i < length; i++)
        {
            // The first has met it twice, and refused it once.
            var (gateway, isFirst) = (_gateways[i], i == 0);
            await Eventually.ObserveAsync(
                () => CountAsync(gateway, "requests_total{code=\"508\",kind=\"short\"}"), n => n == (isFirst ? 2 : 1));
            Assert.Equal(isFirst ? 1 : 0, await CountAsync(gateway, "request_failures_total{reason=\"loop\"}"));
        }
    }

    [Fact]
    public async Task Upgrade_ThatComesBack_IsRefusedToo()
    {
        await StartAsync();
        Put(_gateways[0], _gateways[0], Loop);
        _gateways[0].Bearer("alice");

        await using var refused = await _gateways[0].UpgradeAsync("alice", $"{Loop}/api/v1/namespaces/d/pods/p/exec?command=sh", expected: 508);
    }

    [Fact]
    public async Task OwnApi_ReadThroughItself_IsNoLoop()
    {
        await StartAsync();
        Put(_gateways[0], _gateways[0], "");

        var list = await _gateways[0].FrontProxy().JsonAsync($"{Loop}{GatewayFixture.Root}/clustergateways");

        Assert.Equal("loop", (string?)Assert.Single(list["items"]!.AsArray())!["metadata"]!["name"]);
    }

    [Fact]
    public async Task NameOfAnotherGateway_IsNoReasonToRefuse()
    {
        await using var managed = await FakeKubernetesApi.StartAsync();
        await StartAsync();
        _gateways[0].PutManaged("one", managed);

        using var answer = await _gateways[0].FrontProxy().AskAsync(
            $"{GatewayFixture.Root}/clustergateways/one/proxy/healthz", headers: ("Via", "1.1 cluster-gateway-0123456789abcdef"));

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Matches(
            "^1.1 cluster-gateway-0123456789abcdef, 1.1 cluster-gateway-[0-9a-f]{16}$", Assert.Single(managed.Requests).Headers["Via"]);
    }

    private async Task StartAsync()
    {
        var gateway = await GatewayFixture.StartAsync();
        gateway.Hub.Tokens[Token] = new ApiUser("gateway");
        _gateways.Add(gateway);
    }

    /// <summary>The cluster "loop" of one gateway is a path of another.</summary>
    private static void Put(GatewayFixture at, GatewayFixture to, string path) => at.Put("loop", c => c with
    {
        Endpoint = c.Endpoint with { Address = new Uri(to.Url, path), CaBundle = PemSource.FromFile(to.Serving.AuthorityFile) },
        Credential = new ClusterCredential(CredentialType.ServiceAccountToken, new KubeConfigUser { Token = Token }, null, "f"),
    });

    private static async Task<int> CountAsync(GatewayFixture gateway, string series)
    {
        var page = await gateway.FrontProxy().GetStringAsync("/metrics").DefaultTimeout();
        var line = page.Split('\n').SingleOrDefault(l => l.StartsWith($"clusterproxy_gateway_{series} ", StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
