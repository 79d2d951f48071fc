using System.Text;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Programs;

/// <summary>The built program, from its command line to its exit code.</summary>
public sealed class ProgramTests : IAsyncLifetime
{
    private const string Gateways = GatewayFixture.Root + "/clustergateways";
    private const string Web = Gateways + "/alpha/proxy/api/v1/namespaces/web";

    private readonly TemporaryDirectory _directory = new();
    private readonly TestCertificates _people = new("people");
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync() => _managed = await FakeKubernetesApi.StartAsync();

    public async Task DisposeAsync()
    {
        await _managed.DisposeAsync();
        _people.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task WithAHub_ServesItsClusters_ToWhomTheHubAllowsIt()
    {
        await using var hub = await FakeKubernetesApi.StartAsync();
        hub.Tokens["token-of-alice"] = new ApiUser("alice", "team-a");
        hub.Tokens["token-of-bob"] = new ApiUser("bob");
        hub.AccessRule = static spec => (string?)spec["user"] == "alice";
        hub.Put(Secret());
        await File.WriteAllTextAsync(_directory.File("hub"), hub.KubeConfigText());
        await using var gateway = await GatewayProgram.StartAsync(
            $"--kubeconfig={_directory.File("hub")}", "--secret-namespace=clusters", "--authentication-skip-lookup=true",
            "--allow-cluster-networks=127.0.0.0/8",
            $"--audit-log-path={_directory.File("audit")}");
        var alice = gateway.Client(token: "token-of-alice");

        var list = await alice.JsonAsync(Gateways);
        var inside = await alice.JsonAsync($"{Web}/configmaps?limit=7");

        Assert.Equal(["alpha"], list["items"]!.AsArray().Select(static i => (string?)i!["metadata"]!["name"]));
        Assert.Equal("ConfigMapList", (string?)inside["kind"]);
        Assert.Contains(_managed.Requests, static r => r.Query == "?limit=7" && r.Headers["Impersonate-User"] == "alice");
        Assert.Equal((404, "NotFound"), await CodeAsync(alice, $"{Gateways}/nowhere/proxy/version"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(gateway.Client(token: "token-of-bob"), $"{Web}/configmaps"));
        Assert.Equal((401, "Unauthorized"), await CodeAsync(gateway.Client(token: "guessed"), $"{Web}/configmaps"));
        await ShouldEndAsync(gateway, alice);
        Assert.Equal(6, (await File.ReadAllLinesAsync(_directory.File("audit"))).Length);
    }

    [Fact]
    public async Task WithoutAHub_ThePolicySays_WhoMayDoWhat()
    {
        Directory.CreateDirectory(_directory.File("clusters"));
        await File.WriteAllTextAsync(_directory.File("clusters/alpha.json"), Secret());
        await File.WriteAllTextAsync(
            _directory.File("policy"),
            """
            rules:
            - { users: [alice], clusters: [alpha], verbs: [get, list, watch], resources: [configmaps], namespaces: [web] }
            - { users: [bob], clusters: ["*"], verbs: ["*"] }
            """);
        await using var gateway = await GatewayProgram.StartAsync(
            $"--clusters-dir={_directory.File("clusters")}", $"--access-policy={_directory.File("policy")}", $"--client-ca-file={_people.AuthorityFile}");
        var (alice, bob) = (gateway.Client(_people.Client("alice")), gateway.Client(_people.Client("bob")));
        using var others = new TestCertificates("others");

        Assert.Equal("ConfigMapList", (string?)(await alice.JsonAsync($"{Web}/configmaps"))["kind"]);
        Assert.Contains(_managed.Requests, static r => r.Path == "/api/v1/namespaces/web/configmaps" && r.Headers["Impersonate-User"] == "alice");
        Assert.Equal("alpha", (string?)(await alice.JsonAsync($"{Gateways}/alpha"))["metadata"]!["name"]);
        Assert.Single((await bob.JsonAsync(Gateways))["items"]!.AsArray());
        Assert.Equal("SecretList", (string?)(await bob.JsonAsync($"{Web}/secrets"))["kind"]);
        var before = _managed.Requests.Count;

        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Web}/secrets"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Gateways}/alpha/proxy/api/v1/namespaces/other/configmaps"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Gateways}/alpha/proxy/api/v1/configmaps"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Web}/configmaps/one", HttpMethod.Delete));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Web}/configmaps", HttpMethod.Post));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Gateways}/alpha/proxy/metrics"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Web}/configmaps/x", header: ("Upgrade", "websocket")));
        Assert.Equal((400, "BadRequest"), await CodeAsync(alice, $"{Gateways}/alpha/proxy/api/v1/namespaces/web%2Fx/configmaps"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, Gateways));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, Gateways, header: ("X-Remote-User", "bob")));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, Gateways, header: ("Impersonate-User", "bob")));
        Assert.Equal((403, "Forbidden"), await CodeAsync(alice, $"{Gateways}/nowhere/proxy/api/v1/namespaces/web/configmaps"));
        Assert.Equal((404, "NotFound"), await CodeAsync(bob, $"{Gateways}/nowhere/proxy/version"));
        Assert.Equal((403, "Forbidden"), await CodeAsync(gateway.Client(), $"{Web}/configmaps"));
        Assert.Equal((401, "Unauthorized"), await CodeAsync(gateway.Client(others.Client("bob")), $"{Web}/configmaps"));
        Assert.Equal((401, "Unauthorized"), await CodeAsync(gateway.Client(token: "any"), $"{Web}/configmaps"));
        Assert.Equal(before, _managed.Requests.Count);
        await ShouldEndAsync(gateway, bob);
    }

    /// <summary>With a watch open, which ends as if nothing was amiss.</summary>
    private async Task ShouldEndAsync(GatewayProgram gateway, HttpClient client)
    {
        var opened = _managed.WatchesStarted.Value;
        using var watch = await client.AskAsync($"{Web}/configmaps?watch=true&resourceVersion=0");
        await _managed.WatchesStarted.WaitForAtLeastAsync(opened + 1).DefaultTimeout();

        gateway.Process.Signal(ProgramSignal.Terminate);

        Assert.Equal("", await watch.Content.ReadAsStringAsync().DefaultTimeout());
        await gateway.Process.ExpectExitAsync(0);
    }

    private static async Task<(int Code, string Reason)> CodeAsync(
        HttpClient client, string path, HttpMethod? method = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (header is { } extra)
        {
            request.Headers.TryAddWithoutValidation(extra.Name, extra.Value);
            if (extra.Name == "Upgrade")
            {
                request.Headers.Connection.Add("Upgrade");
            }
        }

        var (code, reason, _) = await client.SendAsync(request).DefaultTimeout().StatusAsync();
        return (code, reason);
    }

    /// <summary>JSON is YAML.</summary>
    private string Secret() => $$"""
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"alpha","namespace":"clusters","labels":{
        "cluster.core.oam.dev/cluster-credential-type":"ServiceAccountToken","cluster.core.oam.dev/cluster-endpoint-type":"Const"} },"data":{
        "endpoint":"{{Base64(_managed.Url.GetLeftPart(UriPartial.Authority))}}","token":"{{Base64(FakeKubernetesApi.AdminToken)}}",
        "ca.crt":"{{Convert.ToBase64String(File.ReadAllBytes(_managed.Certificates.AuthorityFile))}}"} }
        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
