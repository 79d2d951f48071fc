using System.Text;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Tests.Clusters;

public sealed class ProjectionTests : IDisposable
{
    private const string Group = GatewayOptions.DefaultGroup;

    private readonly TestCertificates _certificates = new("cluster");
    private readonly string _ca;

    public ProjectionTests() => _ca = File.ReadAllText(_certificates.AuthorityFile);

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void Token_WithConstEndpoint_IsRead()
    {
        // {"exp":2000000000}
        const string token = "e30.eyJleHAiOjIwMDAwMDAwMDB9.c2ln";

        var cluster = Project(Secret("ServiceAccountToken", null, ("endpoint", "https://10.0.0.1:6443/k8s\n"), ("ca.crt", _ca), ("token", token + "\n")));

        Assert.Equal((EndpointKind.Const, "https://10.0.0.1:6443/k8s", false), (cluster.Endpoint.Kind, cluster.Endpoint.Address.ToString(), cluster.Endpoint.Insecure));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(2_000_000_000), cluster.Credential.Expiry);
        Assert.Equal(32, cluster.Credential.Fingerprint.Length);
        Assert.DoesNotContain(token, cluster.Credential.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X509Certificate")]
    [InlineData("X509")]
    public void Certificate_IsRead(string type)
    {
        var pair = _certificates.Client("gateway");

        var cluster = Project(Secret(
            type, null, ("endpoint", "https://a:1"), ("ca", _ca), ("tls.crt", File.ReadAllText(pair.CertificateFile)),
            ("tls.key", File.ReadAllText(pair.KeyFile))));

        Assert.Equal(CredentialType.X509Certificate, cluster.Credential.Type);
        Assert.Equal(pair.Certificate.NotAfter.ToUniversalTime(), cluster.Credential.Expiry!.Value.UtcDateTime);
    }

    [Fact]
    public void Tunnel_DialsTheClustersName_AndVerifiesTheApiServersUsualName()
    {
        var cluster = Project(Secret("ServiceAccountToken", "ClusterProxy", ("ca.crt", _ca), ("token", "t")));

        Assert.Equal((EndpointKind.ClusterProxy, "https://alpha/", "kubernetes.default.svc"), (cluster.Endpoint.Kind, cluster.Endpoint.Address.ToString(), cluster.Endpoint.ServerName));
        Assert.NotNull(cluster.Endpoint.CaBundle);
    }

    [Fact]
    public void Plugin_ThatIsNotAllowed_IsRefused()
    {
        var secret = Secret(
            "Dynamic", null, ("endpoint", "https://a:1"), ("ca.crt", _ca),
            ("exec", """{"apiVersion":"client.authentication.k8s.io/v1","command":"aws","args":["eks"],"env":[{"name":"A","value":"b"}],"interactiveMode":"Never"}"""));

        Assert.Equal(CredentialType.Dynamic, Project(secret).Credential.Type);
        var error = Assert.Throws<FormatException>(() => Project(secret, options: new GatewayOptions { ExecPlugins = ["gke-gcloud-auth-plugin"] }));
        Assert.Contains("--exec-plugins", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plugin_WhoseTextCouldEndTheProcess_IsRefused()
    {
        foreach (var text in (string[])["&c {? *c : 1, ? *c : 2}", new string('[', 100_000), "!<> x"])
        {
            var secret = Secret("Dynamic", null, ("endpoint", "https://a:1"), ("ca.crt", _ca), ("exec", text));

            Assert.StartsWith("data key exec: ", Assert.Throws<KubeConfigException>(() => Project(secret)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("no CA", "ca.crt", null, "data key ca.crt is missing")]
    [InlineData("CA that is none", "ca.crt", "hello", "holds no certificate")]
    [InlineData("no token", "token", null, "data key token is missing")]
    [InlineData("token of two lines", "token", "a\nb", "holds characters")]
    [InlineData("no address", "endpoint", null, "data key endpoint is missing")]
    [InlineData("plain HTTP", "endpoint", "http://a:1", "no https address")]
    [InlineData("user in the address", "endpoint", "https://u:p@a:1", "remove user")]
    [InlineData("odd proxy", "proxy-url", "ftp://x", "data key proxy-url")]
    [InlineData("metadata service", "endpoint", "https://169.254.169.254", "data key endpoint: 169.254.169.254 is a link-local address")]
    [InlineData("this machine", "endpoint", "https://127.0.0.1:6443", "data key endpoint: 127.0.0.1 is the gateway's own machine")]
    [InlineData("proxy on this machine", "proxy-url", "http://[::1]:3128", "data key proxy-url: ::1 is the gateway's own machine")]
    public void Secret_ThatCannotBeUsed_SaysWhichKey(string what, string key, string? value, string message)
    {
        var data = new Dictionary<string, string?> { ["endpoint"] = "https://a:1", ["ca.crt"] = _ca, ["token"] = "t", [key] = value };

        var error = Assert.Throws<FormatException>(() => Project(Secret(
            "ServiceAccountToken", null, [.. data.Where(static d => d.Value is not null).Select(static d => (d.Key, d.Value!))])));

        Assert.True(error.Message.Contains(message, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    [Theory]
    [InlineData("insecure", true)]
    [InlineData("system-roots", false)]
    public void MissingCa_AskedForInWords_IsNoError(string words, bool insecure)
    {
        var secret = Annotated(
            Secret("ServiceAccountToken", null, ("endpoint", "https://a:1"), ("token", "t")), $"{Group}/cluster-trust", words);

        Assert.Equal((insecure, true), (Project(secret).Endpoint.Insecure, Project(secret).Endpoint.CaBundle is null));
    }

    [Fact]
    public void ManagedCluster_GivesAddressAndCa_AndNotToTunnels()
    {
        using var other = new TestCertificates("other");
        var otherCa = File.ReadAllBytes(other.AuthorityFile);
        var managed = new ManagedCluster
        {
            Metadata = new ObjectMetadata { Name = "alpha" },
            Spec = new ManagedClusterSpec
            {
                HubAcceptsClient = false,
                ManagedClusterClientConfigs = [new ManagedClusterClientConfig { Url = "https://public:6443", CaBundle = otherCa }],
            },
        };
        var data = new[] { ("endpoint", "https://private:1"), ("ca.crt", _ca), ("token", "t") };

        var straight = Project(Secret("ServiceAccountToken", "Const", data), managed);
        var tunnel = Project(Secret("ServiceAccountToken", "ClusterProxy", data), managed);

        Assert.Equal(("https://public:6443/", false), (straight.Endpoint.Address.ToString(), straight.Accepted));
        Assert.True(straight.Endpoint.CaBundle!.IsSameAs(PemSource.FromBytes(otherCa)));
        Assert.True(tunnel.Endpoint.CaBundle!.IsSameAs(PemSource.FromText(_ca)));
        var config = new ManagedClusterClientConfig { Url = "https://public:6443" };
        var ofTheMachine = managed with { Spec = managed.Spec with { ManagedClusterClientConfigs = [config] } };
        var (checkedByRoots, tunnelled) = (
            Project(Secret("ServiceAccountToken", "Const", data), ofTheMachine).Endpoint,
            Project(Secret("ServiceAccountToken", "ClusterProxy", data), ofTheMachine).Endpoint);
        Assert.Equal((null, false), (checkedByRoots.CaBundle, checkedByRoots.Insecure));
        Assert.True(tunnelled.CaBundle!.IsSameAs(PemSource.FromText(_ca)));
    }

    [Theory]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://[::ffff:127.0.0.1]:10250")]
    [InlineData("https://0.0.0.0:6443")]
    public void ManagedCluster_CannotSayThatItIsTheGatewaysMachine(string url)
    {
        var managed = new ManagedCluster
        {
            Metadata = new ObjectMetadata { Name = "alpha" },
            Spec = new ManagedClusterSpec { ManagedClusterClientConfigs = [new ManagedClusterClientConfig { Url = url }] },
        };
        var secret = Secret("ServiceAccountToken", null, ("ca.crt", _ca), ("token", "t"));

        var error = Assert.Throws<FormatException>(() => Project(secret, managed));

        Assert.Contains("--allow-cluster-networks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loopback_OfAFile_OrAllowed_IsRead()
    {
        var secret = Secret("ServiceAccountToken", null, ("endpoint", "https://127.0.0.1:6443"), ("ca.crt", _ca), ("token", "t"));

        Assert.True(new ClusterProjection(new GatewayOptions()).Project(secret, null, ClusterOrigin.File).Endpoint.IsOfFile);
        Assert.False(Project(secret, options: new GatewayOptions { AllowClusterNetworks = TestClusters.Networks }).Endpoint.IsOfFile);
    }

    [Theory]
    [InlineData("True", true)]
    [InlineData("false", false)]
    [InlineData("perhaps", null)]
    public void Health_IsAnAnnotation(string text, bool? healthy)
    {
        var secret = Annotated(
            Secret("ServiceAccountToken", null, ("endpoint", "https://a:1"), ("ca.crt", _ca), ("token", "t")), $"status.{Group}/healthy", text);

        Assert.Equal(healthy, Project(secret).Health?.Healthy);
    }

    private static Cluster Project(Secret secret, ManagedCluster? managed = null, GatewayOptions? options = null) =>
        new ClusterProjection(options ?? new GatewayOptions()).Project(secret, managed, ClusterOrigin.Secret);

    private static Secret Annotated(Secret secret, string key, string value) =>
        secret with { Metadata = secret.Metadata! with { Annotations = new Dictionary<string, string> { [key] = value } } };

    private static Secret Secret(string type, string? endpointType, params (string Key, string Value)[] data)
    {
        var labels = new Dictionary<string, string> { [$"{Group}/cluster-credential-type"] = type };
        if (endpointType is not null)
        {
            labels[$"{Group}/cluster-endpoint-type"] = endpointType;
        }

        return new Secret
        {
            Metadata = new ObjectMetadata { Name = "alpha", Labels = labels },
            Data = data.ToDictionary(static d => d.Key, static d => Encoding.UTF8.GetBytes(d.Value)),
        };
    }
}
