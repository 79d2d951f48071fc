using System.Net;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Hubs;

/// <summary>A real kube-apiserver that keeps the servers' leases and says whose the agents' tokens are.</summary>
public sealed class LeasesAndTokensTests(ITestOutputHelper output) : HubTest(output)
{
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    private const string Open = "konnectivity_network_proxy_agent_open_server_connections";

    [SkippableFact]
    public async Task Agents_CountLeases_AndAreKnownByTheirAccountsToken()
    {
        SkipWithoutKubeApiServer();
        await using var hub = await KubeApiServer.StartAsync();
        await PutAccountsAsync(hub);
        var (first, flags) = await StartServerAsync(hub, "first");
        var (second, others) = await StartServerAsync(hub, "second");
        await using var relay = new TcpRelay(int.Parse(flags["agent-port"]))
        {
            Destinations = [new(IPAddress.Loopback, int.Parse(flags["agent-port"])), new(IPAddress.Loopback, int.Parse(others["agent-port"]))],
        };

        var (_, known) = await StartAgentAsync(hub, relay.Port, "agent", "system:konnectivity-server");
        await known.WaitForAsync(Open, 2);
        Assert.Equal(["konnectivity-proxy-server-first", "konnectivity-proxy-server-second"], await LeasesAsync(hub));

        foreach (var (account, audience) in new[] { ("agent", "somebody-else"), ("server", "system:konnectivity-server") })
        {
            var (refused, metrics) = await StartAgentAsync(hub, relay.Port, account, audience);
            await refused.WaitForLineAsync("Unauthenticated: the agent's token is ");
            Assert.Equal(0, await metrics.ValueAsync(Open));
            await refused.DisposeAsync();
        }

        second.Signal(ProgramSignal.Terminate);
        await second.ExpectExitAsync(0);
        Assert.Equal(["konnectivity-proxy-server-first"], await LeasesAsync(hub));
        await known.WaitForAsync(Open, 1);
        first.Signal(ProgramSignal.Terminate);
        await first.ExpectExitAsync(0);
        Assert.Empty(await LeasesAsync(hub));
    }

    private static async Task<string[]> LeasesAsync(KubeApiServer hub) =>
        [.. (await hub.JsonAsync(Leases))["items"]!.AsArray().Select(static i => (string)i!["metadata"]!["name"]!)];

    /// <summary>Accounts and rights as the README and upstream's deployments give them.</summary>
    private static async Task PutAccountsAsync(KubeApiServer hub)
    {
        await hub.CreateAsync("/api/v1/namespaces", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kn"} }""");
        foreach (var account in new[] { "server", "agent" })
        {
            await hub.CreateAsync(
                "/api/v1/namespaces/kn/serviceaccounts", $$"""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"{{account}}"} }""");
        }

        const string Rbac = "/apis/rbac.authorization.k8s.io/v1";
        await hub.CreateAsync($"{Rbac}/clusterrolebindings", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"reviews"},
            "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"system:auth-delegator"},
            "subjects":[{"kind":"ServiceAccount","namespace":"kn","name":"server"}] }
            """);
        await PutRoleAsync(hub, "server", "get, list, watch, create, update, delete");
        await PutRoleAsync(hub, "agent", "get, list, watch");
    }

    private static async Task PutRoleAsync(KubeApiServer hub, string account, string verbs)
    {
        const string Space = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system";
        await hub.CreateAsync($"{Space}/roles", $$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: { name: {{account}} }
            rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [{{verbs}}] }]
            """);
        await hub.CreateAsync($"{Space}/rolebindings", $$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: { name: {{account}} }
            roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{account}} }
            subjects: [{ kind: ServiceAccount, namespace: kn, name: {{account}} }]
            """);
    }

    private async Task<(ProgramProcess Server, Dictionary<string, string> Flags)> StartServerAsync(KubeApiServer hub, string id)
    {
        var flags = LoopbackPrograms.Server(AgentPlane, FrontendPlane);
        (flags["server-id"], flags["enable-lease-controller"], flags["cluster-ca-cert"]) = (id, "true", "");
        (flags["agent-namespace"], flags["agent-service-account"]) = ("kn", "agent");
        flags["authentication-audience"] = "system:konnectivity-server";
        flags["kubeconfig"] = hub.Kubeconfig(await hub.TokenAsync("kn", "server"));
        (flags["graceful-shutdown-timeout"], flags["shutdown-delay"]) = ("2s", "0s");
        var server = Own(LoopbackPrograms.StartServer(flags));
        await server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz"));
        return (server, flags);
    }

    private async Task<(ProgramProcess Agent, MetricsPage Metrics)> StartAgentAsync(KubeApiServer hub, int port, string account, string audience)
    {
        var flags = LoopbackPrograms.Agent($"{account}-{audience}", AgentPlane, port, FreePorts.Shared.Next());
        var token = Home.File($"{account}-{audience}");
        await File.WriteAllTextAsync(token, await hub.TokenAsync("kn", account, audience));
        (flags["agent-cert"], flags["agent-key"], flags["service-account-token-path"]) = ("", "", token);
        (flags["count-server-leases"], flags["kubeconfig"]) = ("true", hub.Kubeconfig(await hub.TokenAsync("kn", "agent")));
        var agent = Own(LoopbackPrograms.StartAgent(flags));
        var metrics = new MetricsPage(int.Parse(flags["health-server-port"]));
        await agent.WaitForUrlAsync(metrics.Url);
        return (agent, metrics);
    }
}
