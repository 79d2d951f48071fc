using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>As <see cref="TunnelBed"/>, and all that can be replaced while the gateway runs is kept by a hub.</summary>
public sealed class HubTunnelBed : TunnelBed
{
    private const string ApiServiceName = "v1alpha1.cluster.core.oam.dev";

    private readonly TemporaryDirectory _directory = new();

    public FakeKubernetesApi Hub { get; private set; } = null!;

    /// <summary>Of the front proxies that are believed at first.</summary>
    public TestCertificates FrontProxies { get; } = new("front proxy CA");

    /// <summary>Of the certificate that is served at first.</summary>
    public TestCertificates Serving { get; } = new("serving CA");

    /// <summary>What a kube-apiserver checks the gateway's certificate by.</summary>
    public string CaBundle => Encoding.UTF8.GetString(Convert.FromBase64String(
        Hub.Find("apiservices", null, ApiServiceName)!["spec"]!["caBundle"]?.GetValue<string>() ?? ""));

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(Gateway.Clusters.IsSynced && Gateway.Clusters.Find(Cluster) is not null));
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Hub.DisposeAsync();
        FrontProxies.Dispose();
        Serving.Dispose();
        _directory.Dispose();
    }

    /// <summary>What kube-apiserver writes about itself.</summary>
    public void PutFrontProxies(string authorities) => Hub.Put(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "extension-apiserver-authentication", ["namespace"] = "kube-system" },
        ["data"] = new JsonObject
        {
            ["requestheader-client-ca-file"] = authorities,
            ["requestheader-allowed-names"] = """["front-proxy"]""",
            ["requestheader-username-headers"] = """["X-Remote-User"]""",
            ["requestheader-group-headers"] = """["X-Remote-Group"]""",
            ["requestheader-extra-headers-prefix"] = """["X-Remote-Extra-"]""",
        },
    }.ToJsonString());

    /// <summary>The Secret of the port's certificate.</summary>
    public void PutServing(TestCertificate pair, string authorities) => PutSecret("proxy", "tls", [], new()
    {
        ["tls.crt"] = File.ReadAllText(pair.CertificateFile),
        ["tls.key"] = File.ReadAllText(pair.KeyFile),
        ["ca.crt"] = authorities,
    });

    /// <summary>The Secret of the cluster, whose credential is a client certificate.</summary>
    public void PutCluster(TestCertificate pair) => PutSecret(
        "clusters",
        Cluster,
        new()
        {
            ["cluster.core.oam.dev/cluster-credential-type"] = "X509Certificate",
            ["cluster.core.oam.dev/cluster-endpoint-type"] = "ClusterProxy",
        },
        new()
        {
            ["tls.crt"] = File.ReadAllText(pair.CertificateFile),
            ["tls.key"] = File.ReadAllText(pair.KeyFile),
            ["ca.crt"] = File.ReadAllText(Managed.Certificates.AuthorityFile),
        });

    /// <summary>A caller who trusts these authorities of the gateway.</summary>
    public HttpClient Client(string authorities, TestCertificate certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(authorities);
        var handler = Wire.Handler(Serving.Authority.Certificate, certificate);
        handler.SslOptions.CertificateChainPolicy = policy;
        return new HttpClient(handler) { BaseAddress = Url };
    }

    private protected override async Task<GatewayOptions> PrepareAsync(GatewayOptions options)
    {
        Hub = await FakeKubernetesApi.StartAsync();
        var bundle = Convert.ToBase64String(Encoding.UTF8.GetBytes(Serving.Authority.ExportCertificatePem()));
        Hub.Put($$"""{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"{{ApiServiceName}}"},"spec":{"group":"cluster.core.oam.dev","caBundle":"{{bundle}}"} }""");
        PutFrontProxies(FrontProxies.Authority.ExportCertificatePem());
        PutServing(Serving.Server(), Serving.Authority.ExportCertificatePem());
        PutCluster(Managed.Certificates.Client("first"));
        await File.WriteAllTextAsync(_directory.File("kubeconfig"), Hub.KubeConfigText());
        return options with
        {
            Kubeconfig = _directory.File("kubeconfig"),
            ClustersDirectory = "",
            SecretNamespace = "clusters",
            Certificates = new CertificateOptions { CertSecret = "proxy/tls", ApiService = ApiServiceName },
        };
    }

    private void PutSecret(string inNamespace, string name, Dictionary<string, string> labels, Dictionary<string, string> data) => Hub.Put(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = inNamespace,
            ["labels"] = new JsonObject(labels.Select(static l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
        },
        ["data"] = new JsonObject(data.Select(static d => KeyValuePair.Create(d.Key, (JsonNode?)Convert.ToBase64String(Encoding.UTF8.GetBytes(d.Value))))),
    }.ToJsonString());
}
