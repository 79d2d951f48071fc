using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Tests.Transport;

public sealed class TlsTests : ApiTest
{
    [Fact]
    public async Task Http2_IsSpoken()
    {
        await Client().GetRawAsync("/version").DefaultTimeout();

        Assert.Equal("HTTP/2", Api.Requests.Single().Protocol);
    }

    [Fact]
    public async Task ServerOfAnotherAuthority_IsRefused_AndTheErrorSaysWhy()
    {
        using var other = new TestCertificates("another CA");

        var error = await FailureOfAsync(Cluster() with { CertificateAuthority = PemSource.FromFile(other.AuthorityFile) });

        Assert.Contains("is not accepted", error.Message, StringComparison.Ordinal);
        Assert.Contains(other.AuthorityFile, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerOfAnAuthorityThatTheMachineDoesNotKnow_IsRefused()
    {
        var error = await FailureOfAsync(Cluster() with { CertificateAuthority = null });

        Assert.Contains("certificate-authority", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongName_IsRefused_AndTheErrorNamesTheRightOnes()
    {
        Api.ServerCertificate = Api.Certificates.Server("other.example").Certificate;

        var error = await FailureOfAsync(Cluster());

        Assert.Contains("\"127.0.0.1\" but for other.example", error.Message, StringComparison.Ordinal);
        Assert.Contains("tls-server-name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExpiredServer_IsRefused()
    {
        Api.ServerCertificate = Api.Certificates.ExpiredServer("127.0.0.1").Certificate;

        Assert.Contains("NotTimeValid", (await FailureOfAsync(Cluster())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InsecureSkipTlsVerify_TakesAnyone()
    {
        Api.ServerCertificate = Api.Certificates.ExpiredServer("other.example").Certificate;

        await ClientOf(Cluster() with { CertificateAuthority = null, InsecureSkipTlsVerify = true }).GetRawAsync("/version").DefaultTimeout();
    }

    [Fact]
    public async Task TlsServerName_IsSentAndChecked()
    {
        Api.ServerCertificate = Api.Certificates.Server("api.internal.example").Certificate;

        await ClientOf(Cluster() with { TlsServerName = "api.internal.example" }).GetRawAsync("/version").DefaultTimeout();
        var error = await FailureOfAsync(Cluster() with { TlsServerName = "wrong.example" });

        Assert.Equal("api.internal.example", Api.Requests.Single().ServerName);
        Assert.Contains("not for \"wrong.example\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthorityFile_ThatIsReplaced_CountsForTheNextHandshake()
    {
        using var directory = new TemporaryDirectory();
        using var next = new TestCertificates("next CA");
        var file = directory.File("ca.crt");
        File.Copy(Api.Certificates.AuthorityFile, file);
        var cluster = Cluster() with { CertificateAuthority = PemSource.FromFile(file) };
        var client = Client(Api.Access() with { Cluster = cluster }, Quick with { FileRereadPeriod = TimeSpan.Zero });
        await client.GetRawAsync("/version").DefaultTimeout();

        Api.ServerCertificate = next.Server("127.0.0.1").Certificate;
        File.Copy(next.AuthorityFile, file, overwrite: true);
        Api.Faults.Break(static _ => true);
        await client.GetRawAsync("/version").DefaultTimeout();

        // Half-written: what was good stays.
        await File.WriteAllTextAsync(file, "-----BEGIN CERTIFICATE-----\nMII");
        Api.Faults.Break(static _ => true);
        await client.GetRawAsync("/version").DefaultTimeout();
        Assert.Contains(Log.Records, static r => r.EventName == "KeptLastFile");
    }

    [Fact]
    public void AuthorityThatIsNone_IsToldAtOnce()
    {
        var access = Api.Access() with { Cluster = Cluster() with { CertificateAuthority = PemSource.FromText("hello") } };

        Assert.Contains("no usable certificate", Assert.Throws<KubeConfigException>(() => Client(access)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientCertificate_ProvesWhoAsks()
    {
        var certificate = Api.Certificates.Client("alice");

        await Client(AccessWith(certificate.CertificateFile, certificate.KeyFile)).GetRawAsync("/version").DefaultTimeout();

        Assert.Equal("alice", Api.Requests.Single().User!.Name);
    }

    [Fact]
    public async Task ClientCertificate_ThatIsReplaced_IsUsedAtOnce_AndRunningWatchesStay()
    {
        using var directory = new TemporaryDirectory();
        var (certFile, keyFile) = (directory.File("tls.crt"), directory.File("tls.key"));
        Install(Api.Certificates.Client("first"));
        var maps = Client(AccessWith(certFile, keyFile), Quick with { FileRereadPeriod = TimeSpan.Zero }).Resource(KnownResources.ConfigMaps);
        var list = await maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        await using var watch = maps.WatchAsync(ListOptions.Everything, list.ResourceVersion, None).GetAsyncEnumerator();
        var next = watch.MoveNextAsync();
        await Api.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();

        Install(Api.Certificates.Client("second"));
        await maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        PutMap("after", "v");

        Assert.True(await next.DefaultTimeout());
        Assert.Equal("after", watch.Current.Value.Metadata!.Name);
        Assert.Equal(["first", "first", "second"], Api.Requests.Select(static r => r.User!.Name));

        void Install(TestCertificate certificate)
        {
            File.Copy(certificate.CertificateFile, certFile, overwrite: true);
            File.Copy(certificate.KeyFile, keyFile, overwrite: true);
        }
    }

    [Fact]
    public async Task KeyOfAnotherCertificate_IsToldWithItsFile()
    {
        var access = AccessWith(Api.Certificates.Client("a").CertificateFile, Api.Certificates.Client("b").KeyFile);

        var error = await Assert.ThrowsAsync<KubeConfigException>(() => Client(access).GetRawAsync("/version")).DefaultTimeout();

        Assert.Contains("make no pair", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PathOfTheServersUrl_StaysInFront()
    {
        Api.Faults.Say(static r => r.Path == "/clusters/c1/version", 200, "application/json", "{}");

        await ClientOf(Cluster() with { Server = new Uri(Api.Url, "/clusters/c1/") }).GetRawAsync("/version").DefaultTimeout();

        Assert.Equal("/clusters/c1/version", Api.Requests.Single().Path);
    }

    private KubeConfigCluster Cluster() => Api.Access().Cluster;

    private KubernetesClient ClientOf(KubeConfigCluster cluster) => Client(Api.Access() with { Cluster = cluster });

    private Task<ApiConnectionException> FailureOfAsync(KubeConfigCluster cluster) =>
        Assert.ThrowsAsync<ApiConnectionException>(() => ClientOf(cluster).GetRawAsync("/version")).DefaultTimeout();

    private ClusterAccess AccessWith(string certificateFile, string keyFile) => Api.Access() with
    {
        User = new KubeConfigUser { ClientCertificate = PemSource.FromFile(certificateFile), ClientKey = PemSource.FromFile(keyFile) },
    };
}
