using System.Net;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Aggregation;

/// <summary>A watch of a managed cluster that goes on while what it was opened with is replaced.</summary>
public sealed class WatchRotationTests : IAsyncLifetime
{
    private const string Maps = GatewayFixture.Root + "/clustergateways/one/proxy/api/v1/namespaces/default/configmaps";

    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync()
    {
        _managed = await FakeKubernetesApi.StartAsync();
        _gateway = await GatewayFixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Fact]
    public async Task FrontProxyAuthority_RollsOver_AndTheWatchGoesOn()
    {
        using var next = new TestCertificates("next front proxy CA");
        var (oldPem, nextPem) = (_gateway.FrontProxies.Authority.ExportCertificatePem(), next.Authority.ExportCertificatePem());
        Put(new KubeConfigUser { Token = FakeKubernetesApi.AdminToken }, "token");
        var before = _gateway.FrontProxy();
        var after = _gateway.Client(next.Client("kube-aggregator"));
        after.DefaultRequestHeaders.Add("X-Remote-User", "alice");
        using var watch = await OpenAsync(before);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(after));

        _gateway.Publish(oldPem + "\n" + nextPem, _gateway.People.Authority.ExportCertificatePem(), "kube-aggregator");
        await Eventually.ObserveAsync(async () => await AskAsync(after) == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(before));
        await SeesAsync(watch, "during");

        _gateway.Publish(nextPem, _gateway.People.Authority.ExportCertificatePem(), "kube-aggregator");
        await Eventually.ObserveAsync(async () => await AskAsync(before) == HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(after));
        await SeesAsync(watch, "afterwards");
    }

    [Fact]
    public async Task ClientCertificateForTheCluster_IsReplaced_AndTheWatchGoesOn()
    {
        var caller = _gateway.FrontProxy();
        Put(Pair("first"), "first");
        using var watch = await OpenAsync(caller);

        Put(Pair("second"), "second");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(caller));
        await SeesAsync(watch, "afterwards");

        Assert.Equal(["first", "second"], _managed.Requests.Select(static r => r.User!.Name));
        Assert.Equal(1, _managed.WatchesStarted.Value);
    }

    private KubeConfigUser Pair(string name)
    {
        var pair = _managed.Certificates.Client(name);
        return new KubeConfigUser { ClientCertificate = PemSource.FromFile(pair.CertificateFile), ClientKey = PemSource.FromFile(pair.KeyFile) };
    }

    private void Put(KubeConfigUser user, string fingerprint) => _gateway.Put("one", c => c with
    {
        Endpoint = new ClusterEndpoint
        {
            Kind = EndpointKind.Const,
            Address = _managed.Url,
            CaBundle = PemSource.FromFile(_managed.Certificates.AuthorityFile),
        },
        Credential = new ClusterCredential(CredentialType.X509Certificate, user, null, fingerprint),
    });

    private static async Task<HttpStatusCode> AskAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(Maps).DefaultTimeout();
        return answer.StatusCode;
    }

    private static async Task<StreamReader> OpenAsync(HttpClient client)
    {
        var answer = await client.GetAsync($"{Maps}?watch=true", HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        return new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync().DefaultTimeout());
    }

    private async Task SeesAsync(StreamReader watch, string name)
    {
        _managed.Put($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"default"}}""");
        Assert.Contains($"\"{name}\"", await watch.ReadLineAsync().DefaultTimeout(), StringComparison.Ordinal);
    }
}
