using System.Text.Json;
using ClusterProxy.Cli.Doctor.Facts;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>A hub in good order, and the shape of what doctor says.</summary>
public sealed class DoctorTests(Hub hub) : IClassFixture<Hub>
{
    /// <summary>The machine that tests run on may have one.</summary>
    private static readonly KeyValuePair<string, string?>[] NoProxy = [new("HTTPS_PROXY", null), new("https_proxy", null)];

    [Theory]
    [InlineData("grpc")]
    [InlineData("http-connect")]
    public async Task Hub_InGoodOrder_IsAllGreen(string transport)
    {
        var run = await DoctorRun.OfAsync([.. Everything(), "--transport", transport, "-o", "json"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.All(run.Findings, f => Assert.True(
            f.GetProperty("result").GetString() == "ok" || (transport != "grpc" && f.GetProperty("id").GetString() is "frontend.wire" or "frontend.clock"), f.ToString()));
        Assert.True(run.Findings.Count >= 50, $"{run.Findings.Count} checks");
    }

    [Fact]
    public async Task Gateway_InGoodOrder_IsAllGreen_ExceptThatItKnowsNoCluster()
    {
        await using var bench = new FaultBench(hub);
        var gateway = await GatewayFaults.GatewayAsync(bench);
        var service = await GatewayFaults.HubAsync(
            bench, $"\"service\":{{\"name\":\"gateway\",\"namespace\":\"proxy\"}},\"caBundle\":\"{GatewayFaults.Base64(hub.Frontends)}\"");

        var run = await DoctorRun.OfAsync(
            [.. GatewayFaults.At(bench, gateway), .. service, "--health-url", $"http://127.0.0.1:{gateway.HealthPort}", "-o", "json"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(["gateway.clusters"], run.With("warning").Concat(run.With("failed")).Select(static f => f.GetProperty("id").GetString()));
        var ok = run.With("ok").Select(static f => f.GetProperty("id").GetString()).ToHashSet(StringComparer.Ordinal);
        Assert.Subset(ok, new HashSet<string?>(StringComparer.Ordinal)
        {
            "gateway.ca", "gateway.connect", "gateway.chain", "gateway.name", "gateway.expiry", "gateway.answer", "gateway.ready", "gateway.certificates",
            "gateway.reloads", "gateway.trust", "gateway.reach", "gateway.audit", "apiservice.object", "apiservice.available", "apiservice.ca-bundle",
            "apiservice.ca-bundle-expiry", "apiservice.name", "versions",
        });
    }

    [Fact]
    public async Task Gateway_OfWhichOnlyTheHubIsGiven_IsNotChecked_AndSaysWhatToGive()
    {
        await using var bench = new FaultBench(hub);

        var run = await DoctorRun.OfAsync([.. await GatewayFaults.HubAsync(bench, "\"group\":\"x\""), "-o", "json"]);

        var port = run.With("notChecked").Single(static f => f.GetProperty("id").GetString() == "gateway");
        Assert.Contains("--gateway", port.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_BehindItsSocket_IsAllGreen()
    {
        var run = await DoctorRun.OfAsync(["--server", $"unix://{hub.Socket}", "--health-url", hub.ServerHealth, hub.AgentHealth, "-o", "json"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.With("failed").Concat(run.With("warning")));
    }

    [Fact]
    public async Task Doctor_RunTwice_FindsNothingThatItDidItself()
    {
        await DoctorRun.OfAsync(Everything());

        var run = await DoctorRun.OfAsync([.. Everything(), "-o", "json"]);

        Assert.Empty(run.With("failed").Concat(run.With("warning")));
    }

    [Fact]
    public async Task NotGiven_IsNotChecked_AndSaysWhatToGive()
    {
        var run = await DoctorRun.OfAsync([.. hub.AsFrontend, "-o", "json"]);

        var unchecked_ = run.With("notChecked").ToDictionary(static f => f.GetProperty("id").GetString()!, static f => f);
        Assert.Equal(0, run.ExitCode);
        Assert.All(
            ["agent-port", "health", "policy", "dial", "server-files", "versions", "wire", "frontend.client-issuer"],
            (string id) => Assert.True(unchecked_.ContainsKey(id), id));
        Assert.All(unchecked_.Values, static f => Assert.False(string.IsNullOrEmpty(f.GetProperty("cause").GetString())));
        Assert.Contains("--agent-address", unchecked_["agent-port"].GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AfterAFailure_WhatHangsOnIt_IsNotChecked()
    {
        using var refusing = new RefusingPort();

        var run = await DoctorRun.OfAsync([.. hub.FrontendAt(refusing.Port), .. Hub.Pair(hub.Cli), "--cluster", "alpha", "-o", "json"]);

        Assert.Equal(["frontend.connect"], run.With("failed").Select(static f => f.GetProperty("id").GetString()));
        var left = run.With("notChecked").Where(static f => f.GetProperty("cause").GetString() == "frontend.connect failed").Select(static f => f.GetProperty("id").GetString());
        Assert.Equal(
            ["frontend.protocol", "frontend.chain", "frontend.name", "frontend.expiry", "frontend.login", "frontend.port", "frontend.clock", "frontend.wire", "dial"], left);
    }

    [Fact]
    public async Task Json_HasTheSixPropertiesAndNoOthers() => Assert.All(
        (await DoctorRun.OfAsync([.. hub.AsFrontend, "-o", "json"])).Findings,
        static f => Assert.Equal(["id", "result", "checked", "fault", "cause", "remedy"], f.EnumerateObject().Select(static p => p.Name)));

    [Fact]
    public async Task Table_NamesCauseAndRemedy_AndCounts()
    {
        using var refusing = new RefusingPort();

        var run = await DoctorRun.OfAsync(hub.FrontendAt(refusing.Port));

        var lines = run.Output.Split('\n', StringSplitOptions.TrimEntries);
        var failed = Array.FindIndex(lines, static l => l.StartsWith("FAILED", StringComparison.Ordinal));
        Assert.Contains("frontend.connect", lines[failed], StringComparison.Ordinal);
        Assert.StartsWith("cause", lines[failed + 1], StringComparison.Ordinal);
        Assert.StartsWith("remedy", lines[failed + 2], StringComparison.Ordinal);
        Assert.Contains("frontend.protocol and 7 more", run.Output, StringComparison.Ordinal);
        Assert.Matches("[0-9]+ checks: [0-9]+ ok, 0 warnings, 1 failed, [0-9]+ not checked", run.Output);
    }

    [Fact]
    public async Task Output_OfAllFiles_HoldsNoKey()
    {
        string[] keys = [.. Everything().Where(static a => a.EndsWith(".key", StringComparison.Ordinal)).SelectMany(File.ReadLines).Where(static l => l is not ['-', ..] and { Length: > 10 })];

        var table = await DoctorRun.OfAsync(Everything(), environment: static name => name == "HTTPS_PROXY" ? "http://someone:s3cr3t@proxy:3128" : null);
        var json = await DoctorRun.OfAsync([.. Everything(), "-o", "json"]);

        Assert.NotEmpty(keys);
        Assert.All(keys, k => Assert.DoesNotContain(k, table.Output + json.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("s3cr3t", table.Output, StringComparison.Ordinal);
        Assert.Contains("proxy:3128", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upstream_ServerAndAgent_AreSaidToBe()
    {
        await using var server = await HealthPageStub.StartAsync("konnectivity_network_proxy_server_ready_backend_connections 1\n");
        await using var agent = await HealthPageStub.StartAsync("konnectivity_network_proxy_agent_open_server_connections 1\n");

        var run = await DoctorRun.OfAsync(["--health-url", server.Url, agent.Url, "-o", "json"]);

        var ok = string.Join('\n', run.With("ok").Select(static f => f.GetProperty("checked").GetString()));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("upstream's proxy-server", ok, StringComparison.Ordinal);
        Assert.Contains("upstream's agent", ok, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MetricsPage_OfOurServer_ReadsAsTheStrictParserReadsIt()
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"{hub.ServerHealth}/metrics")).DefaultTimeout();

        var ours = MetricsText.Parse(text);

        var expected = PrometheusTextParser.Parse(text).Values.SelectMany(static f => f.Samples).ToArray();
        Assert.Equal(expected.Select(static s => (s.Name, s.Value)), ours.Select(static s => (s.Name, s.Value)));
        Assert.Equal(expected.Select(static s => Labels(s.Labels)), ours.Select(static s => Labels(s.Labels)));
    }

    [Theory]
    [InlineData("a{x=\"1\\\"2\\\\3\\n4\",y=\"\"} 5 1700000000", "1\"2\\3\n4", 5)]
    [InlineData("a{x=\"}\"} +Inf", "}", double.PositiveInfinity)]
    public void MetricsLine_WithEscapes_IsRead(string line, string x, double value)
    {
        var sample = Assert.Single(MetricsText.Parse(line));

        Assert.Equal((x, value), (sample.Label("x"), sample.Value));
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("a{x=\"")]
    [InlineData("a{x")]
    [InlineData("a{x=\"1\"")]
    [InlineData("{} 1")]
    [InlineData("a one")]
    public void MetricsLine_ThatIsNone_IsSteppedOver(string line) => Assert.Empty(MetricsText.Parse(line));

    [Theory]
    [InlineData("nothing to look at")]
    [InlineData("--agent-address=hub: write host:port", "--agent-address", "hub")]
    [InlineData("--health-url: write http://host:port", "--health-url", "https://hub:8092")]
    [InlineData("--agent-cert and --agent-key belong together", "--agent-cert", "a.crt")]
    [InlineData("--timeout: write seconds", "--server", "unix:///x", "--timeout", "0")]
    [InlineData("--server=hub: no address", "--server", "hub")]
    public async Task WrongCommandLine_ExitsWith2_AndSaysWhatToWrite(string text, params string[] arguments)
    {
        var run = await DoctorRun.OfAsync(arguments);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(text, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_OnAHubInGoodOrder_ExitsWith0()
    {
        await using var program = ProgramProcess.StartBuilt(BuiltProgram.Cli, ["doctor", .. Everything()], NoProxy);

        await program.ExpectExitAsync(0);

        Assert.Contains(program.Lines, static l => l.Text.Contains("0 warnings, 0 failed, 0 not checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Program_OnAFault_ExitsWith1_AndPrintsJson()
    {
        using var refusing = new RefusingPort();
        await using var program = ProgramProcess.StartBuilt(BuiltProgram.Cli, ["doctor", .. hub.FrontendAt(refusing.Port), "-o", "json"], NoProxy);

        await program.ExpectExitAsync(1);

        using var json = JsonDocument.Parse(string.Join('\n', program.Lines.Where(static l => !l.IsError).Select(static l => l.Text)));
        Assert.Contains(json.RootElement.EnumerateArray(), static f => f.GetProperty("fault").GetString() == "connection_refused");
    }

    private string[] Everything() =>
    [
        .. hub.AsFrontend, .. hub.AsAgent, "--agent-identifiers", "host=alpha", .. hub.AsServer, "--frontend-policy", hub.Policy,
        "--cluster", "alpha", "--health-url", hub.ServerHealth, hub.AgentHealth,
    ];

    private static string Labels(IReadOnlyDictionary<string, string> labels) =>
        string.Join(',', labels.OrderBy(static l => l.Key, StringComparer.Ordinal).Select(static l => $"{l.Key}={l.Value}"));
}
