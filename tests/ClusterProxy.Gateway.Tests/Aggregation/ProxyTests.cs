using System.Text;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Aggregation;

/// <summary>From a caller to a managed cluster's API server, through the API.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private const string Proxy = GatewayFixture.Root + "/clustergateways/one/proxy";
    private const string Pods = Proxy + "/api/v1/namespaces/default/configmaps";

    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync() => _managed = await FakeKubernetesApi.StartAsync();

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Fact]
    public async Task Request_ArrivesAsItsCaller_AndAsNobodyElse()
    {
        await StartAsync();
        var client = _gateway.FrontProxy("alice", "devs");

        using var answer = await client.AskAsync($"{Pods}?limit=5", headers: [("X_Remote_User", "root"), ("Authorization", "Bearer mine")]);

        var arrived = Assert.Single(_managed.Requests);
        Assert.Equal(("GET", "/api/v1/namespaces/default/configmaps", "?limit=5"), (arrived.Method, arrived.Path, arrived.Query));
        Assert.Equal("alice", arrived.Headers["Impersonate-User"]);
        Assert.Equal($"Bearer {FakeKubernetesApi.AdminToken}", arrived.Headers["Authorization"]);
        Assert.DoesNotContain(arrived.Headers.Keys, static n => n.Replace('_', '-').StartsWith("X-Remote", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task BareProxy_IsTheRoot_AndNoRedirect(string end)
    {
        await StartAsync();

        using var answer = await _gateway.FrontProxy().AskAsync(Proxy + end);

        Assert.Equal("/", Assert.Single(_managed.Requests).Path);
    }

    [Fact]
    public async Task Health_IsTheClusters()
    {
        await StartAsync();

        using var answer = await _gateway.FrontProxy().AskAsync($"{Proxy}/healthz");

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync().DefaultTimeout());
    }

    [Fact]
    public async Task InnerRequest_IsJudged_WhenThatIsOn()
    {
        await StartAsync(static o => o with { AuthorizeProxySubpath = true });
        var client = _gateway.FrontProxy();
        _gateway.Hub.AccessRule = static spec => (string?)spec["resourceAttributes"]?["resource"] is "clustergateways"
            || ((string?)spec["resourceAttributes"]?["verb"] is "list" && (string?)spec["extra"]?["cluster.core.oam.dev/cluster"]?[0] is "one");

        using (var allowed = await client.AskAsync(Pods))
        {
            Assert.True(allowed.IsSuccessStatusCode);
        }

        var (code, _, message) = await client.AskAsync($"{Pods}?watch=true").StatusAsync();
        Assert.Equal(403, code);
        Assert.StartsWith(
            "configmaps is forbidden: User \"alice\" cannot watch resource \"configmaps\" in API group \"\" in the namespace \"default\" of cluster \"one\"",
            message, StringComparison.Ordinal);
        Assert.Equal(400, (await client.AskAsync($"{Proxy}/api/v1/namespaces/default%2Fx/configmaps").StatusAsync()).Code);
        Assert.Single(_managed.Requests);
    }

    [Fact]
    public async Task Upgrade_IsReviewedAsCreate()
    {
        await StartAsync();
        var client = _gateway.FrontProxy();
        _gateway.Hub.AccessRule = static spec => (string?)spec["resourceAttributes"]?["verb"] is "get";

        var (code, _, message) = await client.AskAsync(
            $"{Proxy}/api/v1/namespaces/default/pods/x/exec?command=sh", headers: [("Connection", "Upgrade"), ("Upgrade", "websocket")]).StatusAsync();

        Assert.Equal(403, code);
        Assert.Contains("cannot create resource \"clustergateways/proxy\"", message, StringComparison.Ordinal);
        Assert.Empty(_managed.Requests);
    }

    [Theory]
    [InlineData("TRACE " + Proxy + "/x", "Connection: close")]
    [InlineData("TRACE " + Proxy + "/x", "Connection: Upgrade\r\nUpgrade: SPDY/3.1")]
    [InlineData("CONNECT one:443", "Connection: close")]
    [InlineData("CONNECT " + Proxy + "/x", "Connection: close")]
    public async Task MethodThatWouldShowTheCredential_IsRefused(string line, string headers)
    {
        await StartAsync();
        using var caller = _gateway.Bearer("alice");
        await using var stream = await Wire.DialAsync(_gateway.Url, _gateway.Serving.Authority.Certificate);

        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{line} HTTP/1.1\r\nHost: one:443\r\nAuthorization: Bearer token-of-alice\r\n{headers}\r\n\r\n")).DefaultTimeout();

        Assert.StartsWith("HTTP/1.1 405 ", await Wire.ReadHeadAsync(stream), StringComparison.Ordinal);
        Assert.Empty(_managed.Requests);
    }

    [Fact]
    public async Task ReservedUser_IsTold_WhyItGoesNowhere()
    {
        await StartAsync();

        var (code, _, message) = await _gateway.FrontProxy("system:kube-scheduler", "system:masters").AskAsync(Pods).StatusAsync();

        Assert.Equal(403, code);
        Assert.Contains("the name is reserved", message, StringComparison.Ordinal);
        Assert.Empty(_managed.Requests);
    }

    private async Task StartAsync(Func<GatewayOptions, GatewayOptions>? change = null)
    {
        _gateway = await GatewayFixture.StartAsync(change);
        _gateway.Put("one", c => c with
        {
            Endpoint = new ClusterEndpoint
            {
                Kind = EndpointKind.Const,
                Address = _managed.Url,
                CaBundle = PemSource.FromFile(_managed.Certificates.AuthorityFile),
            },
            Credential = new ClusterCredential(
                CredentialType.ServiceAccountToken, new KubeConfigUser { Token = FakeKubernetesApi.AdminToken }, null, "f"),
        });
    }
}
