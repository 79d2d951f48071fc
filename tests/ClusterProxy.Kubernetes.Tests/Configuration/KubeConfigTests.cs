using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Tests.Configuration;

public sealed class KubeConfigTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Access_OfTheCurrentContext_HasAllThatTheFileSays()
    {
        var access = Load("""
            apiVersion: v1
            kind: Config
            current-context: two
            preferences: {}
            clusters:
            - name: one
              cluster: { server: https://one.example }
            - name: two
              cluster:
                server: https://two.example:6443/some/path
                certificate-authority: pki/ca.crt
                tls-server-name: kubernetes.default.svc
                proxy-url: socks5://proxy.example:1080
                disable-compression: true
            users:
            - name: someone
              user:
                tokenFile: tokens/one
                client-certificate: a.crt
                client-key: /abs/a.key
                as: other
                as-uid: "7"
                as-groups: [g1, g2]
                as-user-extra: { scopes: [view, edit] }
            contexts:
            - name: two
              context: { cluster: two, user: someone, namespace: kube-system }
            """).Access();

        Assert.Equal(new Uri("https://two.example:6443/some/path"), access.Cluster.Server);
        Assert.Equal(_directory.File("pki/ca.crt"), access.Cluster.CertificateAuthority!.Path);
        Assert.Equal("kubernetes.default.svc", access.Cluster.TlsServerName);
        Assert.Equal(new Uri("socks5://proxy.example:1080"), access.Cluster.ProxyUrl);
        Assert.True(access.Cluster.DisableCompression);
        Assert.Equal(_directory.File("tokens/one"), access.User.TokenFile);
        Assert.Equal(_directory.File("a.crt"), access.User.ClientCertificate!.Path);
        Assert.Equal("/abs/a.key", access.User.ClientKey!.Path);
        Assert.Equal(("other", "7"), (access.User.Impersonate!.User, access.User.Impersonate.Uid));
        Assert.Equal(["g1", "g2"], access.User.Impersonate.Groups!);
        Assert.Equal(["view", "edit"], access.User.Impersonate.Extra!["scopes"]);
        Assert.Equal("kube-system", access.Namespace);
    }

    [Fact]
    public void Access_OfANamedContext_LeavesTheCurrentOne() => Assert.Equal(
        "two.example", Load(Two).Access("two").Cluster.Server.Host);

    [Fact]
    public void InlineData_GoesBeforeTheFile()
    {
        var inline = Convert.ToBase64String(Encoding.UTF8.GetBytes("PEM"));

        var cluster = Load(One($"certificate-authority: ca.crt, certificate-authority-data: {inline}")).Access().Cluster;

        Assert.Null(cluster.CertificateAuthority!.Path);
        Assert.Equal("PEM", cluster.CertificateAuthority.Read());
    }

    [Fact]
    public void Exec_IsReadInFull_AndItsCommandCountsFromTheFile()
    {
        var exec = Load(One("", """
            exec:
                  apiVersion: client.authentication.k8s.io/v1
                  command: ./bin/plugin
                  args: [get-token, --quiet]
                  env: [{ name: A, value: b }]
                  installHint: install it
                  provideClusterInfo: true
                  interactiveMode: Always
            """)).Access().User.Exec!;

        Assert.Equal(_directory.File("bin/plugin"), exec.Command);
        Assert.Equal(["get-token", "--quiet"], exec.Arguments);
        Assert.Equal(KeyValuePair.Create("A", "b"), Assert.Single(exec.Environment));
        Assert.Equal("install it", exec.InstallHint);
        Assert.True(exec is { ProvideClusterInfo: true, NeedsTerminal: true });
    }

    [Fact]
    public void ExecExtension_BecomesJson()
    {
        var cluster = Load("""
            clusters:
            - name: c
              cluster:
                server: https://c.example
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: { audience: "123", count: 5, on: true, list: [a, null] }
            """).Clusters["c"];

        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"audience":"123","count":5,"on":true,"list":["a",null]}"""), JsonNode.Parse(cluster.ExecConfigJson!)));
    }

    [Fact]
    public void Json_IsAKubeConfigToo() => Assert.Equal(
        "https://j.example/",
        Load("""{"kind":"Config","current-context":"j","clusters":[{"name":"j","cluster":{"server":"https://j.example"}}],"contexts":[{"name":"j","context":{"cluster":"j"}}]}""")
            .Access().Cluster.Server.AbsoluteUri);

    [Fact]
    public void MergedFiles_TheFirstToSaySomethingWins()
    {
        var merged = Load(One("")).MergedWith(Load(Two));

        Assert.Equal("one", merged.CurrentContext);
        Assert.Equal("first.example", merged.Access().Cluster.Server.Host);
        Assert.Equal("two.example", merged.Access("two").Cluster.Server.Host);
    }

    [Theory]
    [InlineData("clusters: [{ name: c, cluster: { server: https://c, insecure-skip-tls-verify: true, certificate-authority: a } }]", "keep one")]
    [InlineData("clusters: [{ name: c, cluster: { } }]", "clusters[0].cluster names no server")]
    [InlineData("clusters: [{ name: c, cluster: { server: 'ftp://c' } }]", "no http or https URL")]
    [InlineData("clusters: [{ name: c, cluster: { server: https://c, proxy-url: 'ftp://p' } }]", "proxy-url")]
    [InlineData("clusters: [{ name: c, cluster: { server: https://c, certificate-authority-data: '%' } }]", "no base64")]
    [InlineData("clusters: [{ cluster: { server: https://c } }]", "has no name")]
    [InlineData("clusters: text", "clusters must be a list")]
    [InlineData("clusters: [text]", "must be keys and values")]
    [InlineData("users: [{ name: u, user: { client-certificate: c } }]", "only one of client-certificate and client-key")]
    [InlineData("users: [{ name: u, user: { token: t, username: n } }]", "more than one of exec, token and username")]
    [InlineData("users: [{ name: u, user: { auth-provider: { name: gcp } } }]", "auth-provider")]
    [InlineData("users: [{ name: u, user: { as-groups: [g] } }]", "without as")]
    [InlineData("users: [{ name: u, user: { exec: { apiVersion: client.authentication.k8s.io/v1alpha1, command: c } } }]", "v1alpha1")]
    [InlineData("users: [{ name: u, user: { exec: { apiVersion: client.authentication.k8s.io/v1 } } }]", "no command")]
    [InlineData("users: [{ name: u, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: c, interactiveMode: Maybe } } }]", "Maybe")]
    [InlineData("contexts: [{ name: c, context: { user: u } }]", "names no cluster")]
    [InlineData("kind: Deployment", "kind is Deployment")]
    [InlineData("a: [", "line 2")]
    [InlineData("just text", "must be keys and values")]
    [InlineData("clusters: { a: b }", "clusters must be a list")]
    [InlineData("users: [{ name: u, user: { token: [t] } }]", "token must be a single value")]
    [InlineData("users: [{ name: u, user: { as: a, as-groups: [[g]] } }]", "as-groups must be a list of texts")]
    [InlineData("clusters: [{ name: c, cluster: { server: https://c, insecure-skip-tls-verify: maybe } }]", "neither true nor false")]
    public void Mistake_IsToldWithFileAndPlace_AndWhatToDo(string yaml, string said)
    {
        var error = Assert.Throws<KubeConfigException>(() => Load(yaml));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(_directory.Path, error.Message, StringComparison.Ordinal);
        Assert.Matches(NextStep, error.Message);
    }

    [Theory]
    [InlineData("{}", null, "has no current-context")]
    [InlineData("current-context: x", null, "has no context \"x\", and no other one; add it under contexts, or give another kubeconfig")]
    [InlineData("contexts: [{ name: c, context: { cluster: a } }]", "c", "has no cluster \"a\", and no other one; add it under clusters, or give another kubeconfig")]
    [InlineData("{ clusters: [{ name: a, cluster: { server: https://a } }], contexts: [{ name: c, context: { cluster: a, user: u } }] }", "c", "has no user \"u\"")]
    [InlineData("{ clusters: [{ name: b, cluster: { server: https://b } }], contexts: [{ name: c, context: { cluster: a } }] }", "c", "has no cluster \"a\", only b; name one of these, add it under clusters, or give another kubeconfig")]
    public void Access_ToWhatIsNotThere_SaysWhatIs_AndWhatToDo(string yaml, string? context, string said)
    {
        var config = Load(yaml);

        var error = Assert.Throws<KubeConfigException>(() => config.Access(context));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Matches(NextStep, error.Message);
    }

    [Fact]
    public void Load_OfNoFile_SaysSo_AndWhatToDo()
    {
        var error = Assert.Throws<KubeConfigException>(() => KubeConfig.Load("/nowhere"));

        Assert.StartsWith("/nowhere: cannot be read", error.Message, StringComparison.Ordinal);
        Assert.Matches(NextStep, error.Message);
    }

    [Fact]
    public void Text_OfAUser_ShowsNoSecret()
    {
        var config = Load(One("", "token: very-secret"));

        Assert.DoesNotContain("very-secret", config.ToString() + config.Access() + config.Users["u"], StringComparison.Ordinal);
    }

    /// <summary>How every sentence goes on that tells of a fault.</summary>
    private const string NextStep = "; (add|check|correct|give|keep|name|set|update|use|write) ";

    private const string Two = """
        current-context: two
        clusters:
        - { name: one, cluster: { server: https://other.example } }
        - { name: two, cluster: { server: https://two.example } }
        contexts:
        - { name: one, context: { cluster: one } }
        - { name: two, context: { cluster: two } }
        """;

    private static string One(string cluster, string user = "{}") => $$"""
        current-context: one
        clusters:
        - name: one
          cluster: { server: https://first.example, {{cluster}} }
        users:
        - name: u
          user:
            {{user}}
        contexts:
        - name: one
          context: { cluster: one, user: u }
        """;

    private KubeConfig Load(string yaml)
    {
        var path = _directory.File("config");
        File.WriteAllText(path, yaml);
        return KubeConfig.Load(path);
    }
}
