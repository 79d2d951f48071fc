using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>A gateway's port and forwarder for each test.</summary>
public abstract class ForwarderTest : IAsyncLifetime
{
    internal ForwarderFixture Gateway { get; private set; } = null!;

    private protected virtual Func<GatewayOptions, GatewayOptions> Options => static o => o;

    public async Task InitializeAsync() => Gateway = await ForwarderFixture.StartAsync(Options);

    public Task DisposeAsync() => Gateway.DisposeAsync().AsTask();

    internal static async Task<JsonObject> StatusAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var status = (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync().DefaultTimeout())!;
        Assert.Equal("Status", (string?)status["kind"]);
        Assert.Equal((int)response.StatusCode, (int?)status["code"]);
        return status;
    }
}
