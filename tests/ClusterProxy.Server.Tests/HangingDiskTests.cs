using System.Runtime.Versioning;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

/// <summary>Reading a file does not return, by a clock that the test moves.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HangingDiskTests : IDisposable
{
    private const string Certificates = "clusterproxy_server_certificate_reloads_total";
    private const string Policies = "clusterproxy_server_policy_reloads_total";

    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_OnADiskThatHangs_AreSpokenOf_AndStopNoOtherFile_AndAreReadWhenThePathLeadsElsewhere()
    {
        var policy = _folder.File("policy.yaml");
        File.WriteAllText(policy, "rules: []");
        await using var server = await TestServer.StartAsync(o => o with { FrontendPolicy = policy }, _time, tcp: true);
        await server.ConnectAgentAsync();
        Assert.Equal("ok", await ReadyAsync(server));
        var pair = server.FrontendCertificates.Server();
        using var next = new TestCertificates("next");
        using var certificate = new HangingFile(server.Options.ServerCert);
        using var rules = new HangingFile(policy);

        await PassUntilAsync(() => Count(server, Certificates, ("plane", "frontend"), ("role", "serving"), ("result", "hanging")) > 0);
        await PassUntilAsync(() => Count(server, Policies, ("result", "hanging")) > 0);

        var ready = await ReadyAsync(server);
        Assert.StartsWith("ok\n", ready, StringComparison.Ordinal);
        Assert.Contains($"warning: reading --server-cert={server.Options.ServerCert}", ready, StringComparison.Ordinal);
        Assert.Contains($"warning: reading --frontend-policy={policy}", ready, StringComparison.Ordinal);
        Assert.Equal(2, server.Log.Records.Where(static r => r.EventName == "FileHangs").Select(static r => r.Message).Distinct().Count());

        // Files beside it, looked at by the same loop.
        File.Copy(next.AuthorityFile, server.Options.ClusterCaCert, overwrite: true);
        await PassUntilAsync(() => Count(server, Certificates, ("plane", "agent"), ("role", "ca"), ("result", "success")) == 1);

        File.Copy(pair.KeyFile, server.Options.ServerKey, overwrite: true);
        certificate.Replace(await File.ReadAllTextAsync(pair.CertificateFile));
        rules.Replace("rules:\n- subjects: [\"*\"]\n  hosts: [\"*\"]");
        await PassUntilAsync(() => Count(server, Certificates, ("plane", "frontend"), ("role", "serving"), ("result", "success")) == 1);
        await PassUntilAsync(() => Count(server, Policies, ("result", "success")) == 1);
        Assert.Equal("ok", await ReadyAsync(server));
        Assert.Equal(2, server.Log.Records.Count(static r => r.EventName == "FileReadAgain"));
    }

    private static double Count(TestServer server, string metric, params (string, string)[] labels) => server.Metric(metric).Value(labels);

    private Task<string> ReadyAsync(TestServer server) =>
        _http.GetStringAsync(new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz")).DefaultTimeout();

    /// <summary>Each look at the state is a quarter of a second later by the server's clock.</summary>
    private Task PassUntilAsync(Func<bool> holds) => Eventually.ObserveAsync(() =>
    {
        _time.Advance(FileReloader.Interval);
        return Task.FromResult(holds());
    });
}
