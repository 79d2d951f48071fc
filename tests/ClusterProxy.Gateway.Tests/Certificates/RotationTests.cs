using System.Text;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Certificates;

/// <summary>The port's certificate over its lives, against an API server that keeps Secret and APIService.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private const string Service = "gateway.proxy.svc";
    private const string ApiServiceName = "v1alpha1.cluster.core.oam.dev";

    private static readonly RotationTimes _times = new(TimeSpan.FromDays(30), TimeSpan.FromDays(120), TimeSpan.FromDays(1));

    private readonly FailOnErrorLog _log = new();
    private readonly ManualTime _time = new();
    private readonly List<IAsyncDisposable> _started = [];
    private readonly List<KubernetesClient> _clients = [];
    private FakeKubernetesApi _api = null!;

    private string Bundle => Encoding.UTF8.GetString(Convert.FromBase64String(
        _api.Find("apiservices", null, ApiServiceName)!["spec"]!["caBundle"]?.GetValue<string>() ?? ""));

    public async Task InitializeAsync()
    {
        _api = await FakeKubernetesApi.StartAsync();
        _api.Put($$"""{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"{{ApiServiceName}}"},"spec":{"group":"cluster.core.oam.dev","insecureSkipTLSVerify":true} }""");
    }

    public async Task DisposeAsync()
    {
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            await _started[i].DisposeAsync();
        }

        _clients.ForEach(static c => c.Dispose());
        await _api.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task SelfIssued_OverSeveralLeavesAndACaRollOver_DropsNoWatchAndIsAlwaysTrusted()
    {
        var certificate = await IssueAsync();
        await using var port = await LivePort.StartAsync(certificate, _time);
        var (send, receive) = await port.WatchAsync(Service, Bundle);
        var issuers = new HashSet<string>(StringComparer.Ordinal) { await port.HandshakeAsync(Service, Bundle) };
        var leaves = new HashSet<string>(StringComparer.Ordinal);

        for (var day = 0; day < 170; day += 2)
        {
            var bundleBefore = Bundle;
            _time.Advance(TimeSpan.FromDays(2));
            await LookedAsync(certificate);

            // A kube-apiserver that has not seen the newest bundle yet must be served, too.
            await port.HandshakeAsync(Service, bundleBefore);
            issuers.Add(await port.HandshakeAsync(Service, Bundle));
            leaves.Add(certificate.KeyPair.Certificate.Thumbprint);
            await send.WriteLineAsync($"day {day}");
            Assert.Equal($"day {day}", await receive.ReadLineAsync().DefaultTimeout());
        }

        Assert.InRange(leaves.Count, 8, 14);
        Assert.Equal(3, issuers.Count);
        Assert.InRange(CaBundle.Parse(Bundle, "bundle").Certificates.Count, 1, 2);
    }

    [Fact]
    public async Task SelfIssued_FiveReplicasAtOnce_AgreeOnOneAuthority()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IssueAsync())).DefaultTimeout();

        var issuers = replicas.Select(static r => r.KeyPair.Certificate.Issuer).Distinct();
        Assert.Single(issuers);
        Assert.All(replicas, r => Assert.Equal(Bundle, r.Authorities));
        Assert.Null(_api.Find("apiservices", null, ApiServiceName)!["spec"]!["insecureSkipTLSVerify"]);
    }

    [Fact]
    public async Task SelfIssued_BundleThatSomebodyElseChanged_IsPutBackOnce()
    {
        var certificate = await IssueAsync();
        var right = Bundle;
        var patches = Patches();

        _api.Put($$"""{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"{{ApiServiceName}}"},"spec":{"group":"cluster.core.oam.dev"} }""");
        await Eventually.ObserveAsync(async () =>
        {
            await LookedAsync(certificate);
            return Bundle == right;
        });
        await LookedAsync(certificate);
        await LookedAsync(certificate);

        Assert.Equal(patches + 1, Patches());
    }

    [Fact]
    public async Task SelfIssued_ApiServerGone_ServesOnAndRecovers()
    {
        var certificate = await IssueAsync();
        var first = certificate.KeyPair.Certificate.Thumbprint;
        _api.Forbidden = static r => r.Method is "PATCH" or "PUT" or "POST";

        _time.Advance(_times.Leaf * 0.7);
        await Eventually.ObserveAsync(() => Task.FromResult(certificate.KeyPair.Certificate.Thumbprint != first));

        Assert.True(certificate.KeyPair.Validity.End > _time.GetUtcNow() + (_times.Leaf * 0.9));
    }

    [Fact]
    public async Task SelfIssued_AuthorityThatIsDeleted_IsMadeAnew()
    {
        var certificate = await IssueAsync();
        var (authorities, leaf) = (certificate.Authorities, certificate.KeyPair.Certificate.Thumbprint);

        _api.Delete("secrets", "proxy", "authority");
        await Eventually.ObserveAsync(async () =>
        {
            await LookedAsync(certificate);
            return certificate.Authorities != authorities;
        });

        Assert.NotNull(_api.Find("secrets", "proxy", "authority"));
        Assert.Equal(Bundle, certificate.Authorities);
        Assert.NotEqual(leaf, certificate.KeyPair.Certificate.Thumbprint);
    }

    [Fact]
    public async Task SelfIssued_ApiServiceThatIsNotListed_EndsTheStart()
    {
        _api.Faults.Hold(static r => r.Path.EndsWith("/apiservices", StringComparison.Ordinal), new SyncPoint());
        var starting = IssueAsync();

        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(starting.IsCompleted);
        });

        var failure = await Assert.ThrowsAsync<IOException>(() => starting).DefaultTimeout();
        Assert.Equal($"the APIService {ApiServiceName} cannot be read: no answer within 10 s", failure.Message);
    }

    [Fact]
    public async Task Secret_RenewedWhileNoApiServiceMayBeListed_IsTakenUp()
    {
        using var ca = new TestCertificates("issuer");
        PutTls(ca, ca.Server(Service));
        _api.Forbidden = static r => r.Path.EndsWith("/apiservices", StringComparison.Ordinal);
        var logger = _log.CreateFactory().CreateLogger("test");
        var publisher = new CaBundlePublisher(Client(), ApiServiceName, logger, TimeProvider.System);
        var secret = Started(new SecretServingCertificate(Client(), new ResourceName("proxy", "tls"), publisher, logger, TimeProvider.System));
        await _log.Log.WaitForAsync("WatchFailed").DefaultTimeout();
        await secret.StartAsync(CancellationToken.None).DefaultTimeout();
        var first = secret.KeyPair.Certificate.Thumbprint;

        PutTls(ca, ca.Server(Service));
        await Eventually.ObserveAsync(() => Task.FromResult(secret.KeyPair.Certificate.Thumbprint != first));

        Assert.Contains(_log.Records, static r => r.EventName == "SecretUnusable"
            && r.Message.Contains($"the APIService {ApiServiceName} cannot be read: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Secret_RenewedAndBroken_IsTakenUpAndRefused()
    {
        using var ca = new TestCertificates("issuer");
        PutTls(ca, ca.Server(Service));
        var secret = Started(new SecretServingCertificate(
            Client(), new ResourceName("proxy", "tls"), new CaBundlePublisher(Client(), ApiServiceName, _log.CreateFactory().CreateLogger("test"), TimeProvider.System),
            _log.CreateFactory().CreateLogger("test"), TimeProvider.System));
        await secret.StartAsync(CancellationToken.None).DefaultTimeout();
        await using var port = await LivePort.StartAsync(secret, _time);
        await Eventually.ObserveAsync(() => Task.FromResult(Bundle.Length > 0));
        await port.HandshakeAsync(Service, Bundle);
        var first = secret.KeyPair.Certificate.Thumbprint;

        PutTls(ca, ca.Server(Service));
        await Eventually.ObserveAsync(() => Task.FromResult(secret.KeyPair.Certificate.Thumbprint != first));
        var second = secret.KeyPair.Certificate.Thumbprint;
        _api.Put("""{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls","metadata":{"name":"tls","namespace":"proxy"},"data":{"tls.crt":"eA=="}}""");
        await Eventually.ObserveAsync(() => Task.FromResult(_log.Records.Any(static r => r.EventName == "SecretUnusable")));

        Assert.Equal(second, secret.KeyPair.Certificate.Thumbprint);
        await port.HandshakeAsync(Service, Bundle);
    }

    [Fact]
    public async Task Directory_WithoutKubernetes_KeepsItsAuthorityOverRestarts()
    {
        using var directory = new TemporaryDirectory();
        string[] issuers = [await RunAsync(), await RunAsync()];

        Assert.Single(issuers.Distinct());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("authority.json")));
        }

        async Task<string> RunAsync()
        {
            var certificate = new IssuedServingCertificate(
                new FolderAuthorityStore(directory.Path), publisher: null, ServingNames.Of("", []), _times, _log.CreateFactory().CreateLogger("test"), _time);
            await using (certificate)
            {
                await certificate.StartAsync(CancellationToken.None).DefaultTimeout();
                await using var port = await LivePort.StartAsync(certificate, _time);
                return await port.HandshakeAsync("localhost", await File.ReadAllTextAsync(directory.File("ca.crt")));
            }
        }
    }

    private async Task<IssuedServingCertificate> IssueAsync()
    {
        var logger = _log.CreateFactory().CreateLogger("test");
        var client = Client();
        var certificate = Started(new IssuedServingCertificate(
            new SecretAuthorityStore(client, new ResourceName("proxy", "authority")), new CaBundlePublisher(client, ApiServiceName, logger, _time),
            ServingNames.Of("proxy/gateway", []), _times, logger, _time));
        await certificate.StartAsync(CancellationToken.None).DefaultTimeout();
        return certificate;
    }

    /// <summary>Its loop has begun and ended a look since the clock was moved.</summary>
    private async Task LookedAsync(IssuedServingCertificate certificate)
    {
        var looks = certificate.Looks;
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(_times.Look);
            return Task.FromResult(certificate.Looks >= looks + 2);
        });
    }

    private KubernetesClient Client()
    {
        var client = new KubernetesClient(_api.Access(), loggers: _log.CreateFactory());
        _clients.Add(client);
        return client;
    }

    private int Patches() => _api.Requests.Count(static r => r.Method == "PATCH");

    private void PutTls(TestCertificates ca, TestCertificate pair) => _api.Put(
        $$"""
        {"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls","metadata":{"name":"tls","namespace":"proxy"},"data":{
        "tls.crt":"{{Base64(pair.CertificateFile)}}","tls.key":"{{Base64(pair.KeyFile)}}","ca.crt":"{{Base64(ca.AuthorityFile)}}"} }
        """);

    private static string Base64(string path) => Convert.ToBase64String(File.ReadAllBytes(path));

    private T Started<T>(T source)
        where T : IAsyncDisposable
    {
        _started.Add(source);
        return source;
    }
}
