using System.Net;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>A hub, a managed cluster with an address of its own, and a gateway between them that kubectl can be pointed at.</summary>
public sealed class GatewayBed : IAsyncLifetime
{
    public const string Cluster = "alpha";
    public const string Alice = "token-of-alice";
    public const string Prefix = $"/apis/cluster.core.oam.dev/v1alpha1/clustergateways/{Cluster}/proxy";

    private const string FirstToken = "gateways-first-token";

    private readonly TemporaryDirectory _directory = new();
    private readonly TestCertificates _serving = new("gateway serving");
    private GatewayHost _gateway = null!;

    public FailOnErrorLog Log { get; } = new();

    public FakeKubernetesApi Hub { get; private set; } = null!;

    public FakeKubernetesApi Managed { get; private set; } = null!;

    public Uri Url => new($"https://127.0.0.1:{_gateway.SecurePort}");

    public X509Certificate2 Authority => _serving.Authority.Certificate;

    public string AuthorityFile => _serving.AuthorityFile;

    public async Task InitializeAsync()
    {
        Hub = await FakeKubernetesApi.StartAsync();
        Hub.Tokens[Alice] = new ApiUser("alice", "team-a");
        Hub.AccessRule = static _ => true;
        Hub.Put($$"""
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"extension-apiserver-authentication","namespace":"kube-system"},"data":{
            "client-ca-file":{{Json(Hub.Certificates.AuthorityFile)}},"requestheader-client-ca-file":{{Json(Hub.Certificates.AuthorityFile)}},
            "requestheader-allowed-names":"[\"front-proxy\"]","requestheader-username-headers":"[\"X-Remote-User\"]",
            "requestheader-group-headers":"[\"X-Remote-Group\"]","requestheader-extra-headers-prefix":"[\"X-Remote-Extra-\"]"} }
            """);
        Managed = await FakeKubernetesApi.StartAsync();
        PutCluster(FirstToken);
        var pair = _serving.Server();
        var kubeconfig = _directory.File("hub");
        await File.WriteAllTextAsync(kubeconfig, Hub.KubeConfigText());
        _gateway = await GatewayHost.StartAsync(
            new GatewayOptions
            {
                Kubeconfig = kubeconfig,
                SecretNamespace = "clusters",
                AllowClusterNetworks = Kit.TestClusters.Networks,
                TlsCertFile = pair.CertificateFile,
                TlsPrivateKeyFile = pair.KeyFile,
                BindAddress = IPAddress.Loopback,
                SecurePort = 0,
                HealthBindAddress = IPAddress.Loopback,
                HealthPort = 0,
            },
            Log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout();
        Hub.Aggregated = new AggregatedApi(
            "cluster.core.oam.dev", Url, Hub.Certificates.Client("front-proxy").Certificate, Authority);
        await Eventually.ObserveAsync(() => Task.FromResult(_gateway.Clusters.IsSynced && _gateway.Clusters.Find(Cluster) is not null));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await Managed.DisposeAsync();
        await Hub.DisposeAsync();
        _serving.Dispose();
        _directory.Dispose();
        Log.Dispose();
    }

    /// <summary>The cluster's Secret on the hub, and who its token is on the cluster.</summary>
    public void PutCluster(string token)
    {
        Managed.Tokens[token] = new ApiUser("system:serviceaccount:clusterproxy:gateway", "system:masters");
        Hub.Put($$"""
            {"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{Cluster}}","namespace":"clusters","labels":{
            "cluster.core.oam.dev/cluster-credential-type":"ServiceAccountToken","cluster.core.oam.dev/cluster-endpoint-type":"Const"} },"data":{
            "endpoint":"{{Base64(Managed.Url.GetLeftPart(UriPartial.Authority))}}","token":"{{Base64(token)}}",
            "ca.crt":"{{Convert.ToBase64String(File.ReadAllBytes(Managed.Certificates.AuthorityFile))}}"} }
            """);
    }

    public HttpClient Client(int connections) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = connections,
        ActivityHeadersPropagator = null,
        SslOptions = Kit.Wire.Handler(Authority, null).SslOptions,
    });

    /// <summary>Of the hub, over as many connections as it takes.</summary>
    public HttpClient HubClient() => new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = null,
        SslOptions = Kit.Wire.Handler(Hub.Certificates.Authority.Certificate, null).SslOptions,
    });

    /// <summary>kubectl as alice.</summary>
    /// <param name="path">Behind the gateway's address.</param>
    /// <param name="isAggregated">Through the hub, which sends the API group on as kube-apiserver does.</param>
    internal Kubectl Kubectl(string path = "", bool isAggregated = false) => isAggregated
        ? new(new Uri(Hub.Url, path).ToString(), Hub.Certificates.AuthorityFile, Alice)
        : new(new Uri(Url, path).ToString(), AuthorityFile, Alice);

    internal void PutPod() => Managed.Put("""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"main","stdin":true}]},"status":{"phase":"Running"}}
        """);

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Json(string path) => System.Text.Json.JsonSerializer.Serialize(File.ReadAllText(path));
}
