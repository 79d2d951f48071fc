using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ClusterProxy.Client;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Identity;

public sealed class FrontendPolicyTests(ITestOutputHelper output) : TunnelTest(output)
{
    private readonly TemporaryDirectory _folder = new();

    private string Policy => _folder.File("policy.yaml");

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [SupportedOSPlatform("linux")]
    public async Task Dial_IsAllowedByTheRules_AndDeniedWithoutOne(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var denied = Own(new EchoTarget());
        var subject = kind == FrontendKind.GrpcUnix ? $"gid:{GroupId()}" : FrontendCases.IsUnix(kind) ? $"uid:{UserId()}" : "cn:client";
        var fixture = await StartAsync($"""
            rules:
            - subjects: ["{subject}"]
              cidrs: [127.0.0.0/8]
              ports: [{echo.Port}]
            """);
        var client = fixture.Client(kind);

        await using (var stream = await client.ConnectAsync(echo.Address).DefaultTimeout())
        {
            await EchoAsync(stream);
        }

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(denied.Address).DefaultTimeout());

        Assert.Contains("frontend policy does not allow", error.Message, StringComparison.Ordinal);
        var log = await fixture.Log.Log.WaitForAsync("DialDenied").DefaultTimeout();
        Assert.Equal(LogLevel.Warning, log.Level);
        Assert.Equal(denied.Address, log.Values["Target"]);
        Assert.Contains(subject, log.Message, StringComparison.Ordinal);
        Assert.Equal(1, await fixture.DialFailuresAsync("denied"));
    }

    [Fact]
    public async Task Policy_ThatChanges_DecidesOverTheNextDial_AndABadOneOverNone()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync("rules: []");
        var client = fixture.Client(FrontendKind.GrpcTls);
        await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(echo.Address).DefaultTimeout());

        File.WriteAllText(Policy, "rules:\n- subjects: [\"*\"]\n  hosts: [\"*\"]");
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_policy_reloads_total", 1, ("result", "success"));
        await using var running = await client.ConnectAsync(echo.Address).DefaultTimeout();

        File.WriteAllText(Policy, "rules:\n- subjects: everybody");
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_policy_reloads_total", 1, ("result", "failure"));
        await using (await client.ConnectAsync(echo.Address).DefaultTimeout())
        {
        }

        File.WriteAllText(Policy, "rules: []");
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_policy_reloads_total", 2, ("result", "success"));
        await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(echo.Address).DefaultTimeout());
        await ShouldBeSeenAsync(fixture);
        await EchoAsync(running);
    }

    private Task<TunnelFixture> StartAsync(string policy)
    {
        Own(_folder);
        File.WriteAllText(Policy, policy);
        return StartAsync(new TunnelSetup { Server = o => o with { FrontendPolicy = Policy } });
    }

    private static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("hello"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[5]).DefaultTimeout();
    }

    [DllImport("libc", EntryPoint = "getuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint UserId();

    [DllImport("libc", EntryPoint = "getgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GroupId();
}
