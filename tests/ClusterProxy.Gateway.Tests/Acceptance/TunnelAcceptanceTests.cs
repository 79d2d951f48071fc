using System.Net;
using System.Text.Json.Nodes;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>Through gateway and tunnel, without Kubernetes at the hub: step 8, and the CLI.</summary>
public sealed class TunnelAcceptanceTests(TunnelBed bed) : IClassFixture<TunnelBed>
{
    [Fact]
    public async Task Step8_AgentKilled_IsA503StatusWithinTheDeadline_AndItComesBack()
    {
        using var client = bed.HttpClient();
        var url = new Uri(bed.Url, $"{TunnelBed.Prefix}/api/v1/namespaces");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(url).DefaultTimeout()).StatusCode);

        bed.Agent.Signal(ProgramSignal.Kill);
        await bed.Agent.Ended.DefaultTimeout();

        using var answer = await client.GetAsync(url).DefaultTimeout();
        var status = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("Status", status["kind"]!.GetValue<string>());
        Assert.StartsWith("tunnel_", status["details"]!["causes"]![0]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await bed.Agent.DisposeAsync();
        await bed.StartAgentAsync();
        await Eventually.ObserveAsync(async () => (await client.GetAsync(url)).StatusCode == HttpStatusCode.OK);
    }

    [SkippableFact]
    public async Task Cli_KubectlOverTheGateway_WorksAsItsUser()
    {
        Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");
        using var home = new TemporaryDirectory();
        var alice = bed.Users.Client("alice");
        bed.Managed.Put("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"seen","namespace":"default"},"data":{}}""");

        await using var cli = ProgramProcess.StartBuilt(
            BuiltProgram.Cli,
            [
                "kubectl", TunnelBed.Cluster, "--gateway", bed.Url.ToString(), "--gateway-ca", bed.AuthorityFile,
                "--client-certificate", alice.CertificateFile, "--client-key", alice.KeyFile, "--", "get", "configmaps", "-o", "name",
            ],
            [new("HOME", home.Path), new("KUBECONFIG", null)]);
        await cli.ExpectExitAsync(0);

        Assert.Contains(cli.Lines, static l => l.Text == "configmap/seen");
        Assert.Contains(bed.Managed.Requests, static r => r.Headers.GetValueOrDefault("Impersonate-User") == "alice");
    }
}
