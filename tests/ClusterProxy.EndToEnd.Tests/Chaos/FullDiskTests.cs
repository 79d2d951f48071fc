using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>The audit's disk is full, and then has room again.</summary>
public sealed class FullDiskTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Lines = "clusterproxy_server_audit_lines_total";

    [SkippableFact]
    public async Task Dials_GoOn_WhileTheAuditIsLost_AndTheAuditGoesOn_WhenThereIsRoom()
    {
        Skip.IfNot(File.Exists("/dev/full"), "no /dev/full");
        var audit = Own(new AuditFile());
        File.CreateSymbolicLink(audit.Path, "/dev/full");
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Server = audit.Use, AllowedErrors = ["AuditUnwritable"] });
        FrontendKind[] kinds = [FrontendKind.GrpcTls, FrontendKind.ConnectTls, FrontendKind.LaneTls];
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        foreach (var kind in kinds)
        {
            await EchoAsync(fixture.Client(kind), echo);
        }

        // The one that is open, and two lines of each other one.
        await fixture.ServerMetrics.WaitForAsync(Lines, 1 + (2 * kinds.Length), ("result", "dropped"));
        Assert.Single(fixture.Log.Records, static r => r.EventName == "AuditUnwritable");

        File.Delete(audit.Path);
        foreach (var kind in kinds)
        {
            await EchoAsync(fixture.Client(kind), echo);
        }

        await fixture.ServerMetrics.WaitForAsync(Lines, 2 * kinds.Length, ("result", "written"));
        Assert.Equal(2 * kinds.Length, audit.Lines.Count);
        var lost = await fixture.Log.Log.WaitForAsync("AuditLinesLost").DefaultTimeout();
        Assert.Equal(1L + (2 * kinds.Length), lost.Values["Lines"]);
    }

    private static async Task EchoAsync(TunnelClient client, EchoTarget echo)
    {
        await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.FlushAsync().DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
