using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Tests.Credentials;

/// <summary>Real plugins: shell scripts that append a line to "runs" each time.</summary>
public sealed class ExecPluginTests : ApiTest, IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Token_OfThePlugin_IsUsed_AndOneRunServesEveryone()
    {
        Api.Tokens["from-plugin"] = new ApiUser("plugin");
        var client = Client(Access(Script(Credential("""{"token":"from-plugin"}"""))));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetRawAsync("/version"))).DefaultTimeout();

        Assert.All(Api.Requests, static r => Assert.Equal("plugin", r.User!.Name));
        Assert.Equal(1, Runs());
    }

    [Fact]
    public async Task Plugin_RunsAgain_AMinuteBeforeItsCredentialExpires()
    {
        var time = new ManualTime();
        Api.Tokens["t"] = new ApiUser("plugin");
        var expiry = time.GetUtcNow().AddMinutes(10);
        var client = Client(Access(Script(Credential($$"""{"token":"t","expirationTimestamp":"{{expiry:yyyy-MM-ddTHH:mm:ssZ}}"}"""))), time: time);
        await client.GetRawAsync("/version").DefaultTimeout();

        time.Advance(TimeSpan.FromMinutes(8.5));
        await client.GetRawAsync("/version").DefaultTimeout();
        Assert.Equal(1, Runs());

        time.Advance(TimeSpan.FromMinutes(0.6));
        await client.GetRawAsync("/version").DefaultTimeout();
        Assert.Equal(2, Runs());
    }

    [Fact]
    public async Task RejectedToken_IsAskedForAgainOnce()
    {
        Api.Tokens["2"] = new ApiUser("plugin");
        var script = Script($"n=$(wc -l < {_directory.File("runs")} | tr -d ' ')\n" + Credential("""{"token":"'$n'"}"""));

        await Client(Access(script)).GetRawAsync("/version").DefaultTimeout();

        Assert.Equal(2, Runs());
        Assert.Equal([null, "plugin"], Api.Requests.Select(static r => r.User?.Name));
    }

    [Fact]
    public async Task Certificate_OfThePlugin_IsUsed()
    {
        var certificate = Api.Certificates.Client("by-plugin");
        var status = new JsonObject
        {
            ["clientCertificateData"] = await File.ReadAllTextAsync(certificate.CertificateFile),
            ["clientKeyData"] = await File.ReadAllTextAsync(certificate.KeyFile),
        };
        await File.WriteAllTextAsync(
            _directory.File("out.json"), new JsonObject { ["apiVersion"] = V1, ["kind"] = "ExecCredential", ["status"] = status }.ToJsonString());

        await Client(Access(Script($"cat {_directory.File("out.json")}"))).GetRawAsync("/version").DefaultTimeout();

        Assert.Equal("by-plugin", Api.Requests.Single().User!.Name);
    }

    [Fact]
    public async Task Plugin_IsToldAboutTheCluster_AndGetsItsVariables()
    {
        Api.Tokens["t"] = new ApiUser("plugin");
        var plugin = Script($"echo \"$KUBERNETES_EXEC_INFO\" > {_directory.File("info")}\necho $MINE > {_directory.File("mine")}\n" + Credential("""{"token":"t"}"""))
            with
        { ProvideClusterInfo = true, Environment = [KeyValuePair.Create("MINE", "yes")] };
        var access = Access(plugin);

        await Client(access with { Cluster = access.Cluster with { ExecConfigJson = """{"audience":"x"}""" } }).GetRawAsync("/version").DefaultTimeout();

        var info = JsonNode.Parse(await File.ReadAllTextAsync(_directory.File("info")))!;
        Assert.Equal(V1, info["apiVersion"]!.GetValue<string>());
        Assert.False(info["spec"]!["interactive"]!.GetValue<bool>());
        Assert.Equal(Api.Url.OriginalString, info["spec"]!["cluster"]!["server"]!.GetValue<string>());
        Assert.Equal("x", info["spec"]!["cluster"]!["config"]!["audience"]!.GetValue<string>());
        Assert.Equal(
            await File.ReadAllBytesAsync(Api.Certificates.AuthorityFile),
            Convert.FromBase64String(info["spec"]!["cluster"]!["certificate-authority-data"]!.GetValue<string>()));
        Assert.Equal("yes", (await File.ReadAllTextAsync(_directory.File("mine"))).Trim());
    }

    [Theory]
    [InlineData("echo broken >&2; exit 3", "ended with code 3: broken")]
    [InlineData("echo hello", "printed no ExecCredential")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t\"}}'", "v1beta1, but the kubeconfig says")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\"}'", "without status")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{}}'", "neither token nor certificate")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"clientKeyData\":\"k\"}}'", "only one of")]
    public async Task PluginThatFails_IsToldWithItsReason(string body, string said)
    {
        var error = await Assert.ThrowsAsync<KubeConfigException>(() => Client(Access(Script(body))).GetRawAsync("/version")).DefaultTimeout();

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Empty(Api.Requests);
    }

    [Fact]
    public async Task PluginThatHangs_IsKilledAtItsDeadline()
    {
        var client = Client(Access(Script($"sleep 600 & echo $! > {_directory.File("pid")}; wait")), Quick with { ExecTimeout = TimeSpan.FromSeconds(1) });

        var error = await Assert.ThrowsAsync<KubeConfigException>(() => client.GetRawAsync("/version")).DefaultTimeout();

        Assert.Contains("did not end within 1 s", error.Message, StringComparison.Ordinal);
        var child = (await File.ReadAllTextAsync(_directory.File("pid"))).Trim();
        await Eventually.ObserveAsync(() => Task.FromResult(!IsAlive(child)));
    }

    [Fact]
    public async Task PluginThatIsNotThere_IsToldWithItsHint()
    {
        var plugin = new ExecPlugin { ApiVersion = V1, Command = _directory.File("nothing"), InstallHint = "get it from the shelf" };

        var error = await Assert.ThrowsAsync<KubeConfigException>(() => Client(Access(plugin)).GetRawAsync("/version")).DefaultTimeout();

        Assert.Contains("get it from the shelf", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PluginThatWantsATerminal_IsNotStarted()
    {
        var plugin = Script(Credential("""{"token":"t"}""")) with { NeedsTerminal = true };

        await Assert.ThrowsAsync<KubeConfigException>(() => Client(Access(plugin)).GetRawAsync("/version")).DefaultTimeout();

        Assert.Equal(0, Runs());
    }

    [Fact]
    public async Task PluginThatFailed_RunsAgainForTheNextRequest()
    {
        Api.Tokens["t"] = new ApiUser("plugin");
        var client = Client(Access(Script($"test -e {_directory.File("ok")} || exit 1\n" + Credential("""{"token":"t"}"""))));
        await Assert.ThrowsAsync<KubeConfigException>(() => client.GetRawAsync("/version")).DefaultTimeout();

        await File.WriteAllTextAsync(_directory.File("ok"), "");
        await client.GetRawAsync("/version").DefaultTimeout();

        Assert.Equal(2, Runs());
    }

    private static string Credential(string status) => $$"""echo '{"apiVersion":"{{V1}}","kind":"ExecCredential","status":{{status}}}'""";

    // A zombie whose parent has not reaped it yet is dead enough.
    private static bool IsAlive(string pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    private ExecPlugin Script(string body)
    {
        var path = _directory.File("plugin.sh");
        File.WriteAllText(path, $"#!/bin/sh\necho run >> {_directory.File("runs")}\n{body}\n");
        return new ExecPlugin { ApiVersion = V1, Command = "/bin/sh", Arguments = [path] };
    }

    private int Runs() => File.Exists(_directory.File("runs")) ? File.ReadAllLines(_directory.File("runs")).Length : 0;

    private ClusterAccess Access(ExecPlugin plugin) => Api.Access() with { User = new KubeConfigUser { Exec = plugin } };
}
