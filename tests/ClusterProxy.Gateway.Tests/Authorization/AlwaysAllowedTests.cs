using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Authorization;

public sealed class AlwaysAllowedTests
{
    [Fact]
    public async Task NamedPath_IsForEverybody_AndNoOther()
    {
        await using var gateway = await GatewayFixture.StartAsync(static o => o with { AuthorizationAlwaysAllowPaths = ["/metrics", "/apis*"] });
        gateway.Hub.AccessRule = static _ => false;
        var anyone = gateway.Client();

        Assert.True((await anyone.AskAsync("/metrics")).IsSuccessStatusCode);
        Assert.True((await anyone.AskAsync("/apis")).IsSuccessStatusCode);
        Assert.Equal(403, (await anyone.AskAsync("/openapi/v3").StatusAsync()).Code);
        Assert.Equal(403, (await anyone.AskAsync($"{GatewayFixture.Root}/clustergateways").StatusAsync()).Code);
    }
}
