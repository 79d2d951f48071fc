using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A hub, a gateway of it on real sockets, and callers of every kind; new for every test.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    public const string Root = "/apis/cluster.core.oam.dev/v1alpha1";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<HttpClient> _clients = [];
    private readonly TestClusters _clusters = new();

    private GatewayFixture(FakeKubernetesApi hub) => Hub = hub;

    public FakeKubernetesApi Hub { get; }

    public FailOnErrorLog Log { get; } = new();

    /// <summary>Authority of front proxies.</summary>
    public TestCertificates FrontProxies { get; } = new("front proxy CA");

    /// <summary>Authority of people.</summary>
    public TestCertificates People { get; } = new("client CA");

    /// <summary>Authority of the gateway's own certificate.</summary>
    public TestCertificates Serving { get; } = new("serving CA");

    public GatewayHost Host { get; private set; } = null!;

    public Uri Url => new($"https://localhost:{Host.SecurePort}");

    public static async Task<GatewayFixture> StartAsync(
        Func<GatewayOptions, GatewayOptions>? change = null, string[]? allowedNames = null, TestCertificates? clientCa = null,
        TimeProvider? time = null)
    {
        var fixture = new GatewayFixture(await FakeKubernetesApi.StartAsync());
        fixture.Publish(fixture.FrontProxies.Authority.ExportCertificatePem(), (clientCa ?? fixture.People).Authority.ExportCertificatePem(), allowedNames ?? ["kube-aggregator"]);
        fixture.Hub.AccessRule = static _ => true;
        var serving = fixture.Serving.Server();
        await File.WriteAllTextAsync(fixture._directory.File("kubeconfig"), fixture.Hub.KubeConfigText());
        var options = new GatewayOptions
        {
            Kubeconfig = fixture._directory.File("kubeconfig"),
            SecretNamespace = "default",
            AllowClusterNetworks = TestClusters.Networks,
            BindAddress = IPAddress.Loopback,
            HealthBindAddress = IPAddress.Loopback,
            SecurePort = 0,
            HealthPort = 0,
            TlsCertFile = serving.CertificateFile,
            TlsPrivateKeyFile = serving.KeyFile,
            AuthorizationAllowedCacheTtl = TimeSpan.Zero,
            AuthorizationDeniedCacheTtl = TimeSpan.Zero,
            ShutdownDelay = TimeSpan.Zero,
        };
        fixture.Host = await GatewayHost.StartAsync(
            change?.Invoke(options) ?? options, fixture.Log.CreateFactory(), time ?? TimeProvider.System, CancellationToken.None).DefaultTimeout();
        fixture._clusters.Start(fixture.Host.Clusters);
        using var anyone = fixture.Client();
        await Eventually.ObserveAsync(async () => (await anyone.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK);
        return fixture;
    }

    /// <summary>What kube-apiserver writes about itself.</summary>
    public void Publish(string frontProxyCa, string clientCa, params string[] allowedNames) => Hub.Put(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "extension-apiserver-authentication", ["namespace"] = "kube-system" },
        ["data"] = new JsonObject
        {
            ["client-ca-file"] = clientCa,
            ["requestheader-client-ca-file"] = frontProxyCa,
            ["requestheader-allowed-names"] = new JsonArray([.. allowedNames.Select(static n => (JsonNode)n)]).ToJsonString(),
            ["requestheader-username-headers"] = """["X-Remote-User"]""",
            ["requestheader-group-headers"] = """["X-Remote-Group"]""",
            ["requestheader-extra-headers-prefix"] = """["X-Remote-Extra-"]""",
        },
    }.ToJsonString());

    public HttpClient FrontProxy(string user = "alice", params string[] groups)
    {
        var client = Client(FrontProxies.Client("kube-aggregator"));
        client.DefaultRequestHeaders.Add("X-Remote-User", user);
        foreach (var group in groups)
        {
            client.DefaultRequestHeaders.Add("X-Remote-Group", group);
        }

        return client;
    }

    public HttpClient Bearer(string user, params string[] groups)
    {
        Hub.Tokens[$"token-of-{user}"] = new ApiUser(user, groups);
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", $"token-of-{user}");
        return client;
    }

    public HttpClient Client(TestCertificate? certificate = null)
    {
        var client = new HttpClient(Wire.Handler(Serving.Authority.Certificate, certificate)) { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(60) };
        _clients.Add(client);
        return client;
    }

    public void Put(string name, Func<Cluster, Cluster>? change = null)
    {
        var cluster = new Cluster
        {
            Name = name,
            Alias = $"alias of {name}",
            Endpoint = new ClusterEndpoint
            {
                Kind = EndpointKind.Const,
                Address = new Uri($"https://{name}.example:6443"),
                CaBundle = PemSource.FromText("PEM"),
            },
            Credential = new ClusterCredential(
                CredentialType.ServiceAccountToken, new KubeConfigUser { Token = "very-secret" }, DateTimeOffset.UnixEpoch.AddYears(80), "abc123"),
            Origin = ClusterOrigin.Secret,
            CreatedAt = DateTimeOffset.UnixEpoch.AddYears(50),
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("region", name[..1]),
            Annotations = ImmutableSortedDictionary<string, string>.Empty.Add("kubectl.kubernetes.io/last-applied-configuration", "very-secret"),
        };
        _clusters.Put(change?.Invoke(cluster) ?? cluster);
    }

    /// <summary>A cluster that is there: the gateway is its admin.</summary>
    public void PutManaged(string name, FakeKubernetesApi managed) => Put(name, c => c with
    {
        Endpoint = c.Endpoint with { Address = managed.Url, CaBundle = PemSource.FromFile(managed.Certificates.AuthorityFile) },
        Credential = new ClusterCredential(CredentialType.ServiceAccountToken, new KubeConfigUser { Token = FakeKubernetesApi.AdminToken }, null, "f"),
    });

    /// <summary>Asks for another protocol as a user of <see cref="Bearer"/>; the stream is where the answer's head ends.</summary>
    public async Task<Stream> UpgradeAsync(string user, string target, int expected = 101, string protocol = "SPDY/3.1")
    {
        var stream = await Wire.DialAsync(Url, Serving.Authority.Certificate);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {target} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer token-of-{user}\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"))
            .DefaultTimeout();
        Assert.StartsWith($"HTTP/1.1 {expected} ", await Wire.ReadHeadAsync(stream), StringComparison.Ordinal);
        return stream;
    }

    public void Remove(string name) => _clusters.Remove(name);

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(static c => c.Dispose());
        if (Host is not null)
        {
            await Host.ShutdownAsync().DefaultTimeout();
            await Host.DisposeAsync();
        }

        await Hub.DisposeAsync();
        FrontProxies.Dispose();
        People.Dispose();
        Serving.Dispose();
        _directory.Dispose();
        Log.Dispose();
    }
}
