using System.Net;
using ClusterProxy.Gateway.Tests.Kit;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>How long a cluster may take. Apart from tests that must not be late on a busy machine.</summary>
public sealed class DeadlineTests : ForwarderTest
{
    private protected override Func<GatewayOptions, GatewayOptions> Options => static o => o with
    {
        ClusterConnectTimeout = TimeSpan.FromSeconds(2),
        ClusterResponseTimeout = TimeSpan.FromSeconds(2),
    };

    [Fact]
    public async Task Watch_SilentForLongerThanShortRequestsMayBe_GoesOn()
    {
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, async context =>
        {
            await context.Response.Body.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(5), context.RequestAborted);
            await context.Response.WriteAsync("late\n");
        });
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        Assert.Equal("late\n", await client.GetStringAsync("/alpha/api/v1/pods?watch=1").DefaultTimeout());
    }

    [Fact]
    public async Task ShortRequest_WithoutAnAnswer_Is504()
    {
        await using var cluster = new RawCluster(Gateway.Certificates) { Answer = static _ => null };
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/api/v1/pods").DefaultTimeout();

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("Timeout", (string?)(await StatusAsync(response))["reason"]);
    }

    [Fact]
    public async Task ClusterThatSwallowsConnections_Is503_WithinTheDeadline()
    {
        await using var hole = await BlackHole.CreateAsync();
        Gateway.AddCluster("alpha", hole.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/api/v1/pods?watch=true").DefaultTimeout();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task SlowBody_ThatMoves_IsNotLate()
    {
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await body.ReadToEndAsync());
        });
        Gateway.AddCluster("alpha", cluster.Port);
        await using var caller = await Gateway.ConnectAsync();

        await caller.WriteAsync("POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: 6\r\nConnection: close\r\n\r\n"u8.ToArray()).DefaultTimeout();
        foreach (var part in (string[])["ab", "cd", "ef"])
        {
            await Task.Delay(TimeSpan.FromMilliseconds(800));
            await caller.WriteAsync(System.Text.Encoding.ASCII.GetBytes(part)).DefaultTimeout();
        }

        using var reader = new StreamReader(caller);
        Assert.EndsWith("abcdef\r\n0\r\n\r\n", await reader.ReadToEndAsync().DefaultTimeout(), StringComparison.Ordinal);
    }
}
