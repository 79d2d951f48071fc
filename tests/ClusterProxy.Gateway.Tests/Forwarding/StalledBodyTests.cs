using System.Net;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>Callers who begin a body and send no more.</summary>
public sealed class StalledBodyTests : ForwarderTest
{
    private protected override Func<GatewayOptions, GatewayOptions> Options => static o => o with { ClusterResponseTimeout = TimeSpan.FromSeconds(3) };

    [Fact]
    public async Task BodiesThatStandStill_AreCut_AndDoNotTakeTheClusterAwayFromOthers()
    {
        await using var cluster = await KestrelCluster.StartAsync(
            Gateway.Certificates, static context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();
        (await client.GetAsync("/alpha/x").DefaultTimeout()).Dispose();

        // More than open the circuit.
        var heads = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            await using var caller = await Gateway.ConnectAsync();
            await caller.WriteAsync("POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: 6\r\n\r\nab"u8.ToArray()).DefaultTimeout();
            return await Wire.ReadHeadAsync(caller);
        }));
        using var other = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.All(heads, static h => Assert.StartsWith("HTTP/1.1 408 ", h, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }
}
