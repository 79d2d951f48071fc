using System.Runtime.Versioning;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Hosting.Reloading;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Gateway.Tests.Authorization;

/// <summary>A file of rules that changes, by a clock that the test moves.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RulesReloadTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task AccessPolicy_ThatChanges_IsBad_AndHangs_IsCountedEachTime_AndSaid()
    {
        var policy = _folder.File("access.yaml");
        await File.WriteAllTextAsync(policy, "rules: []\n");
        await using var gateway = await GatewayFixture.StartAsync(o => o with { AccessPolicy = policy }, time: _time);

        await File.WriteAllTextAsync(policy, "rules:\n- { users: [alice], clusters: [\"*\"], verbs: [\"*\"] }\n");
        await PassUntilAsync(gateway, "success");
        await File.WriteAllTextAsync(policy, "nonsense: 1\n");
        await PassUntilAsync(gateway, "failure");
        using var disk = new HangingFile(policy);
        await PassUntilAsync(gateway, "hanging");

        Assert.Contains($"warning: reading --access-policy={policy}", await AskAsync(gateway, "/readyz"), StringComparison.Ordinal);
        Assert.Contains(gateway.Log.Records, static r => r.EventName == "RulesRefused" && r.Level == LogLevel.Warning);
        Assert.Contains(gateway.Log.Records, static r => r.EventName == "FileHangs");
    }

    private Task<string> AskAsync(GatewayFixture gateway, string path) =>
        _http.GetStringAsync(new Uri($"http://127.0.0.1:{gateway.Host.HealthPort}{path}")).DefaultTimeout();

    private Task PassUntilAsync(GatewayFixture gateway, string result) => Eventually.ObserveAsync(async () =>
    {
        _time.Advance(FileReloader.Interval);
        var metrics = PrometheusTextParser.Parse(await AskAsync(gateway, "/metrics"));
        return metrics["clusterproxy_gateway_rules_reloads_total"].Value(("result", result)) > 0;
    });
}
