using System.Text;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>An upgrade that fails must not leave its caller a connection on which the gateway speaks for it (CVE-2018-1002105).</summary>
public sealed class RefusedUpgradeTests : IAsyncLifetime
{
    private const string Proxy = GatewayFixture.Root + "/clustergateways/alpha/proxy";

    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync()
    {
        _managed = await FakeKubernetesApi.StartAsync();
        _gateway = await GatewayFixture.StartAsync();
        _gateway.PutManaged("alpha", _managed);
        _gateway.Bearer("alice");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Theory]
    [InlineData(403)]
    [InlineData(500)]
    [InlineData(200)]
    public async Task BytesBehindIt_NeverReachTheCluster(int status)
    {
        _managed.Faults.Say(static r => r.Path.EndsWith("/exec", StringComparison.Ordinal), status, "text/plain", "refused");
        await using var stream = await _gateway.UpgradeAsync("alice", $"{Proxy}/api/v1/namespaces/a/pods/x/exec", expected: status);

        await stream.WriteAsync("GET /api/v1/stolen HTTP/1.1\r\nHost: kubernetes\r\n\r\n"u8.ToArray()).DefaultTimeout();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {Proxy}/api/v1/stolen HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n")).DefaultTimeout();
        var rest = await ReadAllAsync(stream);

        Assert.DoesNotContain("HTTP/1.1 200", rest, StringComparison.Ordinal);
        Assert.DoesNotContain(_managed.Requests, static r => r.Path.Contains("stolen", StringComparison.Ordinal));
    }

    private static async Task<string> ReadAllAsync(Stream stream)
    {
        using var text = new MemoryStream();
        try
        {
            await stream.CopyToAsync(text).DefaultTimeout();
        }
        catch (IOException)
        {
            // Cut is an end, too.
        }

        return Encoding.Latin1.GetString(text.ToArray());
    }
}
