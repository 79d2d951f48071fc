using System.Net;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Hubs;

/// <summary>A real kube-apiserver that reaches its nodes through our programs, by each way that its egress selector knows.</summary>
public sealed class EgressSelectorTests(ITestOutputHelper output) : HubTest(output)
{
    private const string Node = "/api/v1/nodes/node-1";

    [SkippableTheory]
    [InlineData("grpc", "GRPC", true)]
    [InlineData("http-connect", "HTTPConnect", true)]
    [InlineData("http-connect", "HTTPConnect", false)]
    [InlineData("auto", "GRPC", true)]
    [InlineData("auto", "HTTPConnect", true)]
    [InlineData("auto", "HTTPConnect", false)]
    public async Task KubeApiServer_ReachesItsNodes_AndAgainWhenTheirAgentIsBack(string mode, string protocol, bool isUnixSocket)
    {
        SkipWithoutKubeApiServer();
        var kubelet = Own(await HttpTarget.StartAsync(AgentPlane.Server().Certificate));
        var flags = isUnixSocket
            ? LoopbackPrograms.Server(AgentPlane, FrontendPlane, Home.File("frontends"))
            : LoopbackPrograms.Server(AgentPlane, FrontendPlane);
        flags["mode"] = mode;
        var server = Own(LoopbackPrograms.StartServer(flags));
        var agent = Own(StartAgent(flags));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/readyz"));
        var metrics = new MetricsPage(int.Parse(flags["health-port"]));
        await using (var hub = await KubeApiServer.StartAsync(Selection(protocol, flags)))
        {
            await PutNodeAsync(hub, kubelet.Port);

            Assert.Equal(kubelet.Body, await hub.Admin.GetStringAsync($"{Node}/proxy/").DefaultTimeout());
            Assert.Equal(HttpTarget.LargeSha256, SeededBytes.Sha256(await hub.Admin.GetByteArrayAsync($"{Node}/proxy/large").DefaultTimeout()));
            var sent = SeededBytes.Create(SeededRandom.SeedOfThisRun, 3_000_000);
            using var answer = await hub.Admin.PostAsync($"{Node}/proxy/", new ByteArrayContent(sent)).DefaultTimeout();
            Assert.Equal(sent, await answer.Content.ReadAsByteArrayAsync().DefaultTimeout());

            await agent.DisposeAsync();
            await Eventually.ObserveAsync(() => StatusAsync(hub), static s => s >= HttpStatusCode.InternalServerError);
            Own(StartAgent(flags));
            await Eventually.ObserveAsync(() => StatusAsync(hub), static s => s == HttpStatusCode.OK);
        }

        await metrics.WaitForAsync("konnectivity_network_proxy_server_established_connections", 0);
    }

    private ProgramProcess StartAgent(Dictionary<string, string> server) => LoopbackPrograms.StartAgent(
        LoopbackPrograms.Agent("agent", AgentPlane, int.Parse(server["agent-port"]), FreePorts.Shared.Next()));

    private string Selection(string protocol, Dictionary<string, string> server)
    {
        if (server.TryGetValue("uds-name", out var socket))
        {
            return $$"""
                    proxyProtocol: {{protocol}}
                    transport: { uds: { udsName: "{{socket}}" } }
                """;
        }

        var client = FrontendPlane.Client();
        return $$"""
                proxyProtocol: {{protocol}}
                transport:
                  tcp:
                    url: https://127.0.0.1:{{server["server-port"]}}
                    tlsConfig: { caBundle: "{{FrontendPlane.AuthorityFile}}", clientCert: "{{client.CertificateFile}}", clientKey: "{{client.KeyFile}}" }
            """;
    }

    /// <summary>As a kubelet registers itself.</summary>
    private static async Task PutNodeAsync(KubeApiServer hub, int port)
    {
        await hub.CreateAsync("/api/v1/nodes", """{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"} }""");
        await hub.PatchAsync($"{Node}/status", $$"""
            {"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":{{port}} } } } }
            """);
    }

    private static async Task<HttpStatusCode> StatusAsync(KubeApiServer hub)
    {
        using var answer = await hub.Admin.GetAsync($"{Node}/proxy/").DefaultTimeout();
        return answer.StatusCode;
    }
}
