using System.Runtime.Versioning;
using ClusterProxy.Agent.Tests.Scripted;

namespace ClusterProxy.Agent.Tests;

/// <summary>The agent's files are in use a second after they changed, by the clock that the test gives to the agent.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReloadWithinASecondTests : IDisposable
{
    private const string Reloads = "clusterproxy_agent_certificate_reloads_total";

    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _next = new("next");
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose()
    {
        _folder.Dispose();
        _next.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public async Task SecretVolume_ThatIsSwapped_PairAndAuthorityDecideOverTheNextHandshake()
    {
        var volume = new SecretVolume(_folder.Path);
        volume.Publish(Files(_certificates.Client("first"), _certificates));
        var (shown, shownNext) = (new ObservedList<string>(), new ObservedList<string>());
        await using var server = await ScriptedServer.StartAsync(_certificates, clientCertificate: c => Add(shown, c?.Subject));
        await using var next = await ScriptedServer.StartAsync(_next, clientCertificate: c => Add(shownNext, c?.Subject));
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port, next.Port) with
            {
                AgentCert = volume["tls.crt"],
                AgentKey = volume["tls.key"],
                CaCert = volume["ca.crt"],
            },
            _time);
        var tunnel = await server.TunnelAsync();

        volume.Publish(Files(_certificates.Client("second"), _next));
        _time.PassASecond();

        foreach (var role in (string[])["client", "ca"])
        {
            await Eventually.ObserveAsync(
                async () => PrometheusTextParser.Parse(await agent.GetAsync("/metrics"))[Reloads]
                    .Value(("plane", "agent"), ("role", role), ("result", "success")),
                static v => v == 1);
        }

        // It comes back to the one server that the new authority speaks for.
        tunnel.End();
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return Task.FromResult(next.Tunnels.Items.Count > 0);
        });
        Assert.Equal("CN=first", shown.Items[0]);
        Assert.Equal("CN=second", shownNext.Items[^1]);
        Assert.Equal(1, server.Calls.Value);
    }

    private static bool Add(ObservedList<string> subjects, string? subject)
    {
        subjects.Add(subject ?? "");
        return true;
    }

    private static (string Name, string Content)[] Files(TestCertificate pair, TestCertificates authority) =>
    [
        ("tls.crt", File.ReadAllText(pair.CertificateFile)), ("tls.key", File.ReadAllText(pair.KeyFile)),
        ("ca.crt", File.ReadAllText(authority.AuthorityFile)),
    ];
}
