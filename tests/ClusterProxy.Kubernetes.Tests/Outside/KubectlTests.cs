using System.Text.Json.Nodes;

namespace ClusterProxy.Kubernetes.Tests.Outside;

/// <summary>kubectl works against the fake API server, so what our client is tested with is near enough to the real thing.</summary>
public sealed class KubectlTests : ApiTest
{
    [SkippableFact]
    public async Task Get_ShowsTheServersTable()
    {
        using var kubectl = Start();
        Api.Put("""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"kube-system"},"spec":{"holderIdentity":"me"}}""");

        var table = await kubectl.RunAsync("get", "leases", "-n", "kube-system");

        Assert.Matches(@"NAME\s+HOLDER\s+AGE\s+l\s+me\s+\d", table);
    }

    [SkippableFact]
    public async Task CreateGetPatchDelete_Work()
    {
        using var kubectl = Start();

        await kubectl.CreateAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v"}}""");
        await kubectl.RunAsync("patch", "cm", "a", "--type=merge", "-p", """{"data":{"k":"w"}}""");
        await kubectl.RunAsync("patch", "cm", "a", "--type=json", "-p", """[{"op":"add","path":"/data/n","value":"1"}]""");
        await kubectl.RunAsync("label", "cm", "a", "app=x");
        var read = JsonNode.Parse(await kubectl.RunAsync("get", "cm", "-l", "app=x", "-o", "json"))!["items"]![0]!;
        await kubectl.RunAsync("delete", "cm", "a");

        Assert.Equal(("w", "1"), (read["data"]!["k"]!.GetValue<string>(), read["data"]!["n"]!.GetValue<string>()));
        Assert.Null(Api.Find("configmaps", "default", "a"));
    }

    [SkippableTheory]
    [InlineData("--server-side=false")]
    [InlineData("--server-side")]
    public async Task Apply_CreatesAndChanges(string how)
    {
        using var kubectl = Start();

        await kubectl.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","y":"1"}}""", how);
        await kubectl.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"2"}}""", how);

        Assert.Equal("""{"x":"2"}""", Api.Find("configmaps", "default", "a")!["data"]!.ToJsonString());
    }

    [SkippableFact]
    public async Task ServerSideApply_OfAnothersField_ConflictsAsWithUs()
    {
        using var kubectl = Start();
        await Client().Resource(Kubernetes.Resources.KnownResources.ConfigMaps).ApplyAsync(Map("a", ("x", "1")), "us", force: false, null, None).DefaultTimeout();

        var error = await kubectl.FailAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"2"}}""", "apply", "--server-side", "-f", "-");

        Assert.Contains("conflict with \"us\": .data.x", error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Watch_ShowsChangesUntilItIsEnded()
    {
        using var kubectl = Start();
        PutMap("a", "1");
        await using var watch = ProgramProcess.Start("kubectl", kubectl.Arguments("get", "cm", "-w", "-o", "name"), kubectl.Environment);
        await watch.WaitForLineAsync("configmap/a");

        PutMap("b", "1");

        await watch.WaitForLineAsync("configmap/b");
    }

    [SkippableFact]
    public async Task ListOfManyPages_IsComplete()
    {
        using var kubectl = Start();
        PutMaps(25);

        var names = await kubectl.RunAsync("get", "cm", "--chunk-size=10", "-o", "name");

        Assert.Equal(25, names.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [SkippableFact]
    public async Task SigningRequest_IsApproved()
    {
        using var kubectl = Start();
        const string Request = """{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"r"}""";
        Api.Put(Request + ""","spec":{"signerName":"example.com/s","request":"AA==","usages":["client auth"]}}""");

        await kubectl.FeedAsync(
            Request + ""","status":{"conditions":[{"type":"Approved","status":"True"}]}}""",
            "replace", "--raw", "/apis/certificates.k8s.io/v1/certificatesigningrequests/r/approval", "-f", "-");

        Assert.Equal("Approved", Api.Find("certificatesigningrequests", null, "r")!["status"]!["conditions"]![0]!["type"]!.GetValue<string>());
    }

    [SkippableFact]
    public async Task ApiResources_AreDiscovered()
    {
        using var kubectl = Start();

        var resources = await kubectl.RunAsync("api-resources", "--no-headers", "-o", "name");

        Assert.Contains("leases.coordination.k8s.io", resources, StringComparison.Ordinal);
        Assert.Contains("configmaps", resources, StringComparison.Ordinal);
    }

    private KubectlRuns Start()
    {
        Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");
        return new KubectlRuns(Api);
    }
}
