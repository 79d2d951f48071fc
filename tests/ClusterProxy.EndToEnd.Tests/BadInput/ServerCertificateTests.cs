using System.Net;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.BadInput;

/// <summary>An agent that meets the wrong server says why, backs off and stays alive.</summary>
public sealed class ServerCertificateTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [InlineData("unknown authority", "untrusted", "names [localhost")]
    [InlineData("wrong name", "wrong_name", "hub.example")]
    [InlineData("expired", "expired", "names [localhost")]
    public async Task Agent_MeetingWrongServer_LogsCheckAndNames_BacksOff_AndStaysAlive(string kind, string reason, string names)
    {
        var authority = Own(new TestCertificates("hub"));
        var serving = kind switch
        {
            "wrong name" => authority.Server("hub.example"),
            "expired" => authority.ExpiredServer(),
            _ => authority.Server(),
        };
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Server = o => o with { ClusterCert = serving.CertificateFile, ClusterKey = serving.KeyFile },
        });
        var trusted = kind == "unknown authority" ? Own(new TestCertificates("another")) : authority;

        var agent = await fixture.StartAgentAsync(o => o with { CaCert = trusted.AuthorityFile });

        var first = await fixture.Log.Log.WaitForAsync("ConnectFailed").DefaultTimeout();
        Assert.Equal("tls", first.Values["Step"]);
        Assert.Contains(reason, first.Message, StringComparison.Ordinal);
        Assert.Contains(names, first.Message, StringComparison.Ordinal);
        await fixture.Log.Log.WaitForAsync(r => r.EventName == "ConnectFailed" && (double)r.Values["DelaySeconds"]! > (double)first.Values["DelaySeconds"]!)
            .DefaultTimeout();
        using var http = new HttpClient();
        Assert.Equal("ok", await http.GetStringAsync(new Uri($"http://127.0.0.1:{agent.HealthPort}/healthz")).DefaultTimeout());
        using var ready = await http.GetAsync(new Uri($"http://127.0.0.1:{agent.HealthPort}/readyz")).DefaultTimeout();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
    }
}
