using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Hubs;

/// <summary>
/// A real kube-apiserver that aggregates the gateway with the README's own manifests, reaches it through the tunnel by its egress
/// selector, and is the managed cluster behind the tunnel as well.
/// </summary>
public sealed class AggregatedGatewayTests(ITestOutputHelper output) : HubTest(output)
{
    private const string Group = "/apis/cluster.core.oam.dev/v1alpha1";
    private const string ApiService = "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.cluster.core.oam.dev";
    private const string Rbac = "/apis/rbac.authorization.k8s.io/v1";

    [SkippableFact]
    public async Task Gateway_WithTheReadmesManifests_IsAvailable_AndServesItsCluster()
    {
        SkipWithoutKubeApiServer();
        var (hub, socket) = await StartTunnelledHubAsync();
        await ApplyReadmeAsync(hub);
        var port = FreePorts.Shared.Next();
        await PutServiceAsync(hub, port);
        await PutClusterAsync(hub);
        await GrantAliceAsync(hub);

        var gateway = await StartGatewayAsync(hub, socket, port);

        await Eventually.ObserveAsync(
            async () => (await hub.JsonAsync(ApiService))["status"]?["conditions"]?[0]?["status"]?.GetValue<string>(), static s => s == "True");
        using var alice = hub.Client("token-of-alice");
        var list = JsonNode.Parse(await alice.GetStringAsync($"{Group}/clustergateways").DefaultTimeout())!;
        Assert.Equal(["alpha"], list["items"]!.AsArray().Select(static i => (string)i!["metadata"]!["name"]!));
        Assert.DoesNotContain("token\":\"", list.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            (await hub.JsonAsync("/version")).ToJsonString(),
            JsonNode.Parse(await alice.GetStringAsync(Inside("/version")).DefaultTimeout())!.ToJsonString());
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(alice, Inside("/api/v1/namespaces/default/secrets")));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(alice, $"{Group}/clustergateways/nowhere/proxy/version"));
        await WatchAsync(hub, alice);

        gateway.Signal(ProgramSignal.Terminate);
        await gateway.ExpectExitAsync(0);
    }

    /// <summary>Events come one by one through hub, tunnel and gateway, and tunnel and hub again, and a write in between.</summary>
    private static async Task WatchAsync(KubeApiServer hub, HttpClient alice)
    {
        const string Maps = "/api/v1/namespaces/default/configmaps";
        await using var events = await alice.GetStreamAsync(Inside($"{Maps}?watch=true")).DefaultTimeout();
        using var lines = new StreamReader(events);
        foreach (var name in new[] { "one", "two", "three" })
        {
            using var content = new StringContent($$"""{"metadata":{"name":"{{name}}"} }""", Encoding.UTF8, "application/json");
            using var created = await alice.PostAsync(Inside(Maps), content).DefaultTimeout();
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            var seen = JsonNode.Parse((await lines.ReadLineAsync().DefaultTimeout())!)!;
            Assert.Equal(("ADDED", name), ((string?)seen["type"], (string?)seen["object"]!["metadata"]!["name"]));
        }

        Assert.Equal(3, (await hub.JsonAsync(Maps))["items"]!.AsArray().Count);
    }

    private static string Inside(string path) => $"{Group}/clustergateways/alpha/proxy{path}";

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path).DefaultTimeout();
        return answer.StatusCode;
    }

    private async Task<(KubeApiServer Hub, string Socket)> StartTunnelledHubAsync()
    {
        var socket = Home.File("frontends");
        var flags = LoopbackPrograms.Server(AgentPlane, FrontendPlane, socket);
        var server = Own(LoopbackPrograms.StartServer(flags));
        var hub = Own(await KubeApiServer.StartAsync($$"""
                proxyProtocol: GRPC
                transport: { uds: { udsName: "{{socket}}" } }
            """));
        var agent = LoopbackPrograms.Agent("agent", AgentPlane, int.Parse(flags["agent-port"]), FreePorts.Shared.Next());
        agent["agent-identifiers"] = "host=alpha&default-route=true";
        agent["target-alias"] = $"alpha:443=127.0.0.1:{hub.Url.Port}";
        Own(LoopbackPrograms.StartAgent(agent));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/readyz"));
        return (hub, socket);
    }

    /// <summary>The documents of "In a hub cluster", as they stand there.</summary>
    private static async Task ApplyReadmeAsync(KubeApiServer hub)
    {
        foreach (var space in new[] { "clusterproxy", "clusters" })
        {
            await hub.CreateAsync("/api/v1/namespaces", $$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{space}}"} }""");
        }

        var text = await File.ReadAllTextAsync(RepositoryRoot.File("README.md"));
        var section = text[text.IndexOf("### In a hub cluster", StringComparison.Ordinal)..];
        var yaml = section[(section.IndexOf("```yaml\n", StringComparison.Ordinal) + 8)..];
        yaml = yaml[..yaml.IndexOf("```", StringComparison.Ordinal)];
        foreach (var document in yaml.Split("---\n"))
        {
            await hub.CreateAsync(CollectionOf(document), document);
        }
    }

    private static string CollectionOf(string document)
    {
        var (kind, version) = (Field(document, "kind"), Field(document, "apiVersion"));
        var space = document.Contains("metadata: { namespace:", StringComparison.Ordinal) ? $"/namespaces/{Field(document, "metadata: { namespace")}" : "";
        return $"{(version == "v1" ? "/api/v1" : $"/apis/{version}")}{space}/{kind.ToLowerInvariant()}s";
    }

    /// <summary>The first value of that name in flow or block style.</summary>
    private static string Field(string document, string name)
    {
        var start = document.IndexOf($"{name}: ", StringComparison.Ordinal) + name.Length + 2;
        return document[start..document.IndexOfAny([',', ' ', '\n'], start)].Trim('"');
    }

    /// <summary>Where the gateway is here: the hub has no nodes, so its Service is a name.</summary>
    private static async Task PutServiceAsync(KubeApiServer hub, int port)
    {
        const string Services = "/api/v1/namespaces/clusterproxy/services";
        using (await hub.Admin.DeleteAsync($"{Services}/gateway").DefaultTimeout())
        {
        }

        await hub.CreateAsync(Services, $$"""
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"gateway"},"spec":{"type":"ExternalName","externalName":"localhost",
            "ports":[{"name":"https","port":{{port}} }] } }
            """);
        await hub.PatchAsync(ApiService, $$"""{"spec":{"service":{"port":{{port}} } } }""");
    }

    /// <summary>The cluster alpha, whose account of the gateway may impersonate.</summary>
    private static async Task PutClusterAsync(KubeApiServer hub)
    {
        await hub.CreateAsync(
            "/api/v1/namespaces/default/serviceaccounts", """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"hub"} }""");
        await BindAsync(hub, "hub", "cluster-admin", """{"kind":"ServiceAccount","namespace":"default","name":"hub"}""");
        await hub.CreateAsync("/api/v1/namespaces/clusters/secrets", $$"""
            {"apiVersion":"v1","kind":"Secret","metadata":{"name":"alpha","labels":{
            "cluster.core.oam.dev/cluster-credential-type":"ServiceAccountToken","cluster.core.oam.dev/cluster-endpoint-type":"ClusterProxy"} },
            "data":{"token":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(await hub.TokenAsync("default", "hub")))}}",
            "ca.crt":"{{Convert.ToBase64String(await File.ReadAllBytesAsync(hub.AuthorityFile))}}"} }
            """);
    }

    /// <summary>What she may do: at the gateway anything, inside the cluster the config maps.</summary>
    private static async Task GrantAliceAsync(KubeApiServer hub)
    {
        await hub.CreateAsync($"{Rbac}/clusterroles", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"alice"},"rules":[
            {"apiGroups":["cluster.core.oam.dev"],"resources":["*"],"verbs":["*"]},{"apiGroups":[""],"resources":["configmaps"],"verbs":["*"]}] }
            """);
        await BindAsync(hub, "alice", "alice", """{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"alice"}""");
    }

    private static Task BindAsync(KubeApiServer hub, string name, string role, string subject) =>
        hub.CreateAsync($"{Rbac}/clusterrolebindings", $$"""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"{{name}}"},
            "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{{role}}"},"subjects":[{{subject}}] }
            """);

    /// <summary>As the account that the manifests made, with no other right.</summary>
    private async Task<ProgramProcess> StartGatewayAsync(KubeApiServer hub, string socket, int port)
    {
        var health = FreePorts.Shared.Next();
        var gateway = Own(ProgramProcess.StartBuilt(BuiltProgram.ClusterGateway,
        [
            $"--kubeconfig={hub.Kubeconfig(await hub.TokenAsync("clusterproxy", "gateway"))}", "--secret-namespace=clusters",
            "--serving-ca-secret=clusterproxy/gateway-authority", "--serving-service=clusterproxy/gateway", $"--proxy-host=unix://{socket}",
            "--tunnel-server-name=localhost", $"--secure-port={port}", "--bind-address=127.0.0.1", $"--health-port={health}",
            "--health-bind-address=127.0.0.1", "--shutdown-delay=0s",
        ]));
        await gateway.WaitForUrlAsync(new Uri($"http://127.0.0.1:{health}/readyz"));
        return gateway;
    }
}
