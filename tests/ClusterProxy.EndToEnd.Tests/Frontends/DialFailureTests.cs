using System.Text;
using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>What a frontend gets when a dial does not succeed, and what is counted.</summary>
public sealed class DialFailureTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.2")]
    public async Task RefusingTarget_SaysConnectionRefused_AndIsCountedOnBothSides(FrontendKind kind)
    {
        var port = Own(new RefusingPort());
        var fixture = await StartAsync();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(kind).ConnectAsync(port.Address).DefaultTimeout());

        Assert.Equal(DialFailureReason.Endpoint, error.Reason);
        Assert.Contains("connection refused", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await fixture.DialFailuresAsync("error_response"));
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync(AgentMetric.DialFailures, ("reason", "unknown")));
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.7")]
    public async Task BlackHoledTarget_FailsAtAgentsDialTimeout_WithReasonEndpoint(FrontendKind kind)
    {
        var hole = Own(await BlackHole.CreateAsync());
        var fixture = await StartAsync(new() { Agent = (o, _) => o with { DialTimeout = TimeSpan.FromSeconds(1) } });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(kind).ConnectAsync(hole.Address).DefaultTimeout());

        Assert.Equal(DialFailureReason.Endpoint, error.Reason);
        Assert.Contains("i/o timeout", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await fixture.DialFailuresAsync("error_response"));
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync(AgentMetric.DialFailures, ("reason", "timeout")));
        await fixture.ShouldBecomeIdleAsync();
    }

    [Theory]
    [InlineData("http-connect", FrontendKind.GrpcTls, "it speaks no h2 at that port; use the transport of its --mode")]
    [InlineData("grpc", FrontendKind.ConnectTls, "it speaks no http/1.1 at that port; use the transport of its --mode")]
    public async Task Transport_ThatIsNotTheServersMode_IsNamed(string mode, FrontendKind kind, string text)
    {
        var fixture = await StartAsync(new() { Mode = mode });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(kind).ConnectAsync("target:1").DefaultTimeout());

        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.ConnectModes), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.10")]
    public async Task Connect_WithConstantHostHeader_DialsRequestLine_AndSendsNothingBehindTheHead(FrontendKind kind, string mode)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Mode = mode });
        await using var stream = await fixture.OpenFrontendAsync(kind);

        await stream.WriteAsync(Head(target.Address)).DefaultTimeout();
        var buffer = new byte[4096];
        var read = await stream.ReadAsync(buffer).DefaultTimeout();

        Assert.Equal("HTTP/1.1 200 Connection Established\r\n\r\n", Encoding.ASCII.GetString(buffer, 0, read));
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: target\r\nConnection: close\r\n\r\n"u8.ToArray()).DefaultTimeout();
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync().DefaultTimeout();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains(target.Body, answer, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.ConnectModes), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.11")]
    public async Task Connect_ToNameThatDoesNotExist_Is502_WithGosText(FrontendKind kind, string mode)
    {
        var fixture = await StartAsync(new() { Mode = mode });

        var answer = await ExchangeAsync(fixture, kind, "no-such-host.invalid:443");

        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("no such host", answer, StringComparison.Ordinal);
        Assert.Equal(1, await fixture.DialFailuresAsync("error_response"));
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync(AgentMetric.DialFailures, ("reason", "unknown")));
    }

    [Theory]
    [MemberData(nameof(FrontendCases.ConnectModes), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.12")]
    public async Task Connect_ToRefusingTarget_Is502_WithReadableBody(FrontendKind kind, string mode)
    {
        var port = Own(new RefusingPort());
        var fixture = await StartAsync(new() { Mode = mode });

        var answer = await ExchangeAsync(fixture, kind, port.Address);

        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: text/plain; charset=utf-8\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith($"dial tcp {port.Address}: connect: connection refused", answer, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Dial_WithoutAgent_SaysSo(FrontendKind kind)
    {
        var fixture = await StartAsync(new() { Agents = 0 });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(kind).ConnectAsync("10.0.0.1:1").DefaultTimeout());

        Assert.Equal(DialFailureReason.Endpoint, error.Reason);
        Assert.Contains(
            FrontendCases.IsConnect(kind) ? "currently no tunnels available: No agent available" : "No agent available",
            error.Message, StringComparison.Ordinal);

        // Upstream counts it in gRPC mode only.
        Assert.Equal(FrontendCases.IsConnect(kind) ? 0 : 1, await fixture.DialFailuresAsync("no_agent"));
    }

    private static byte[] Head(string target) =>
        Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    private static async Task<string> ExchangeAsync(TunnelFixture fixture, FrontendKind kind, string target)
    {
        await using var stream = await fixture.OpenFrontendAsync(kind);
        await stream.WriteAsync(Head(target)).DefaultTimeout();
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().DefaultTimeout();
    }
}
