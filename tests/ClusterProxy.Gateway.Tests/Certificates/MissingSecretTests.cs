using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Hosting;
using ClusterProxy.Testing.KubernetesApi;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Gateway.Tests.Certificates;

/// <summary>A gateway whose certificate is to be made by somebody else who has not done it yet.</summary>
public sealed class MissingSecretTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FailOnErrorLog _log = new();
    private readonly ManualTime _time = new();
    private readonly HttpClient _client = new();
    private readonly int _healthPort = FreePorts.Shared.Next();
    private FakeKubernetesApi _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeKubernetesApi.StartAsync();
        await File.WriteAllTextAsync(_directory.File("kubeconfig"), _hub.KubeConfigText());
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        _client.Dispose();
        _directory.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task UntilItIsThere_ReadinessSaysWhatIsMissing()
    {
        var starting = StartAsync();

        Assert.Contains(
            "[-]secure-port failed: the Secret proxy/tls is not there; create it with tls.crt and tls.key\n", await ReadyzAsync("is not there"),
            StringComparison.Ordinal);
        using var ca = new TestCertificates("issuer");
        var pair = ca.Server();
        _hub.Put($$"""
            {"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls","metadata":{"name":"tls","namespace":"proxy"},"data":{
            "tls.crt":"{{Base64(pair.CertificateFile)}}","tls.key":"{{Base64(pair.KeyFile)}}"} }
            """);
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(starting.IsCompleted);
        });

        await using var gateway = await starting;
        await ReadyzAsync("ok");
        Assert.NotEqual(0, gateway.SecurePort);
    }

    [Fact]
    public async Task AfterAMinute_TheStartFailsWithTheSameSentence()
    {
        var starting = StartAsync();
        await ReadyzAsync("is not there");

        _time.Advance(TimeSpan.FromSeconds(60));

        var failure = await Assert.ThrowsAsync<StartupException>(() => starting).DefaultTimeout();
        Assert.Equal(
            "--serving-cert-secret=proxy/tls: nothing to serve with after 60 s: the Secret proxy/tls is not there; create it with tls.crt and tls.key",
            failure.Message);
    }

    [Fact]
    public async Task SecretThatMayNotBeRead_IsSaidToo()
    {
        _hub.Forbidden = static r => r.Path.EndsWith("/secrets", StringComparison.Ordinal);
        var starting = StartAsync();

        Assert.Contains("the Secret proxy/tls cannot be read: ", await ReadyzAsync("cannot be read"), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(60));

        await Assert.ThrowsAsync<StartupException>(() => starting).DefaultTimeout();
    }

    [Fact]
    public async Task NoWordOfACertificate_IsASelfSignedOne_AndAWarning()
    {
        await using var gateway = await StartAsync(new());
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, gateway.SecurePort).DefaultTimeout();
        var errors = SslPolicyErrors.None;
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, found) =>
        {
            errors = found;
            return true;
        });

        await tls.AuthenticateAsClientAsync("localhost").DefaultTimeout();

        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, errors);
        Assert.Contains(_log.Log.Records, static r => r is { EventName: "CertificateOfNobody", Level: LogLevel.Warning });
    }

    [Fact]
    public async Task PairInTheDirectoryOfUpstreamsLibrary_IsServedWith()
    {
        using var ca = new TestCertificates("issuer");
        var pair = ca.Server();
        File.Copy(pair.CertificateFile, _directory.File("apiserver.crt"));
        File.Copy(pair.KeyFile, _directory.File("apiserver.key"));
        await using var gateway = await StartAsync(new() { PairDirectory = _directory.Path });
        using var client = new HttpClient(Wire.Handler(ca.Authority.Certificate, null));

        Assert.Equal("ok", await client.GetStringAsync(new Uri($"https://localhost:{gateway.SecurePort}/livez")).DefaultTimeout());
    }

    private Task<GatewayHost> StartAsync() => StartAsync(new() { CertSecret = "proxy/tls" });

    private Task<GatewayHost> StartAsync(Gateway.Certificates.CertificateOptions certificates) => GatewayHost.StartAsync(
        new GatewayOptions
        {
            Kubeconfig = _directory.File("kubeconfig"),
            SecretNamespace = "clusters",
            Certificates = certificates,
            AuthenticationSkipLookup = true,
            BindAddress = IPAddress.Loopback,
            SecurePort = 0,
            HealthBindAddress = IPAddress.Loopback,
            HealthPort = _healthPort,
        },
        _log.CreateFactory(), _time, CancellationToken.None);

    private async Task<string> ReadyzAsync(string expected)
    {
        var text = "";
        await Eventually.ObserveAsync(async () =>
        {
            using var answer = await _client.GetAsync(new Uri($"http://127.0.0.1:{_healthPort}/readyz"));
            text = await answer.Content.ReadAsStringAsync();
            return text.Contains(expected, StringComparison.Ordinal);
        });
        return text;
    }

    private static string Base64(string path) => Convert.ToBase64String(File.ReadAllBytes(path));
}
