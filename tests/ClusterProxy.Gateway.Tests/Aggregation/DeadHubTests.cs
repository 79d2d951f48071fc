using System.Net;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Aggregation;

/// <summary>What the health endpoints say of a hub that cannot be asked, and to whom.</summary>
public sealed class DeadHubTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FailOnErrorLog _log = new();
    private readonly TestCertificates _serving = new("serving CA");
    private readonly TestCertificates _people = new("client CA");
    private readonly List<HttpClient> _clients = [];
    private FakeKubernetesApi _hub = null!;
    private GatewayHost? _gateway;

    public async Task InitializeAsync() => _hub = await FakeKubernetesApi.StartAsync();

    public async Task DisposeAsync()
    {
        _clients.ForEach(static c => c.Dispose());
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        await _hub.DisposeAsync();
        _serving.Dispose();
        _people.Dispose();
        _directory.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task HubThatRefusesConnections_IsNamed_ByTheHealthPort_AndToWhomIsKnown()
    {
        using var nobody = new RefusingPort();
        await StartAsync(_hub.KubeConfigText().Replace(_hub.Url.Authority, nobody.Address, StringComparison.Ordinal));

        var health = await ReadyzAsync(HealthPort(), nobody.Address);
        var alice = SecurePort(_people.Client("alice"));
        var known = await ReadyzAsync(alice, nobody.Address);
        var anybody = await ReadyzAsync(SecurePort(), "withheld");

        foreach (var told in (string[])[health, known])
        {
            Assert.Matches(@"(?m)^\[-\]clusters failed: Secrets of namespace edge were not listed yet: .*refused.*$", told);
            Assert.Matches(@"(?m)^\[-\]authentication failed: ConfigMap kube-system/extension-apiserver-authentication was not read yet", told);
            Assert.Contains("[+]secure-port ok\n", told, StringComparison.Ordinal);
        }

        Assert.Equal(
            "[+]ping ok\n[+]secure-port ok\n[-]clusters failed: reason withheld\n[-]authentication failed: reason withheld\n"
            + "[+]shutdown ok\nreadyz check failed\n",
            anybody);

        // Namespaces of the whole hub could not be deleted while this does not answer.
        Assert.Equal("APIResourceList", (string?)(await alice.JsonAsync(GatewayFixture.Root))["kind"]);
        Assert.Equal("ok", await SecurePort().GetStringAsync("/livez").DefaultTimeout());
    }

    [Fact]
    public async Task HubThatForbidsTheSecrets_IsNamed_WithoutTheCredential_UntilItAllowsThem()
    {
        _hub.Forbidden = static r => r.Path.EndsWith("/secrets", StringComparison.Ordinal);
        await StartAsync(_hub.KubeConfigText());

        var told = await ReadyzAsync(HealthPort(), "403");
        var token = SecurePort();
        token.DefaultRequestHeaders.Authorization = new("Bearer", FakeKubernetesApi.AdminToken);
        var toldByToken = await ReadyzAsync(token, "403");
        token.DefaultRequestHeaders.Authorization = new("Bearer", "nobody's");
        var toNobody = await ReadyzAsync(token, "withheld");

        Assert.Contains("[-]clusters failed: Secrets of namespace edge were not listed yet: ", told, StringComparison.Ordinal);
        Assert.Contains("[-]clusters failed: Secrets of namespace edge were not listed yet: ", toldByToken, StringComparison.Ordinal);
        Assert.DoesNotContain("403", toNobody, StringComparison.Ordinal);
        Assert.DoesNotContain(FakeKubernetesApi.AdminToken, told + toldByToken, StringComparison.Ordinal);

        // A 404 would be believed.
        token.DefaultRequestHeaders.Authorization = new("Bearer", FakeKubernetesApi.AdminToken);
        foreach (var path in (string[])["", "/alpha", "/alpha/health", "/alpha/proxy/version"])
        {
            var (code, _, message) = await token.AskAsync($"{GatewayFixture.Root}/clustergateways{path}").StatusAsync();
            Assert.Equal(503, code);
            Assert.StartsWith("not all clusters are known yet: Secrets of namespace edge", message, StringComparison.Ordinal);
        }

        using var report = new StringContent("""{"metadata":{"name":"alpha"},"status":{"healthy":true}}""", null, "application/json");
        Assert.Equal(503, (await token.PutAsync($"{GatewayFixture.Root}/clustergateways/alpha/health", report).StatusAsync()).Code);

        _hub.Forbidden = static _ => false;
        await ReadyzAsync(SecurePort(), "readyz check passed", "/readyz/clusters?verbose");
        var unknown = await token.AskAsync($"{GatewayFixture.Root}/clustergateways/alpha/proxy/version").StatusAsync();
        Assert.Equal((404, "no such cluster alpha: clustergateways.cluster.core.oam.dev \"alpha\" not found"), (unknown.Code, unknown.Message));
    }

    private HttpClient HealthPort() => Own(new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_gateway!.HealthPort}") });

    private HttpClient SecurePort(TestCertificate? certificate = null) => Own(
        new HttpClient(Wire.Handler(_serving.Authority.Certificate, certificate)) { BaseAddress = new Uri($"https://localhost:{_gateway!.SecurePort}") });

    private HttpClient Own(HttpClient client)
    {
        _clients.Add(client);
        return client;
    }

    private static Task<string> ReadyzAsync(HttpClient client, string expected, string path = "/readyz") => Eventually.ObserveAsync(
        async () =>
        {
            using var answer = await client.GetAsync(path);
            return await answer.Content.ReadAsStringAsync();
        },
        text => text.Contains(expected, StringComparison.Ordinal) && !text.Contains("yet\n", StringComparison.Ordinal));

    private async Task StartAsync(string kubeconfig)
    {
        await File.WriteAllTextAsync(_directory.File("kubeconfig"), kubeconfig);
        var serving = _serving.Server();
        _gateway = await GatewayHost.StartAsync(
            new GatewayOptions
            {
                Kubeconfig = _directory.File("kubeconfig"),
                SecretNamespace = "edge",
                ClientCaFile = _people.AuthorityFile,
                TlsCertFile = serving.CertificateFile,
                TlsPrivateKeyFile = serving.KeyFile,
                BindAddress = IPAddress.Loopback,
                SecurePort = 0,
                HealthBindAddress = IPAddress.Loopback,
                HealthPort = 0,
            },
            _log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout();
    }
}
