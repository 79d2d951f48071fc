using System.Net;
using System.Net.Sockets;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Hosting.Listeners;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Hosting.Tests.Metrics;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Hosting.Tests.Endpoints;

public sealed class PlainHttpHostTests
{
    private static readonly PlainHttpEndpoint Loopback =
        new() { PortFlag = "health-port", Port = 0, AddressFlag = "health-bind-address", Address = "127.0.0.1" };

    [Fact]
    public async Task Health_ServerStyle_FollowsTheCheck()
    {
        var failure = (string?)"no connection to any proxy agent";
        await using var host = await StartAsync(r => r.MapHealth(HealthStyle.Server, [new HealthCheck("agents", () => failure)]));

        Assert.Equal((200, "ok"), await GetAsync(host, "/healthz"));
        Assert.Equal((500, "no connection to any proxy agent"), await GetAsync(host, "/readyz"));
        Assert.Equal((500, "no connection to any proxy agent"), await GetAsync(host, "/ready"));
        failure = null;
        Assert.Equal((200, "ok"), await GetAsync(host, "/readyz"));
        Assert.Equal((200, "ok"), await GetAsync(host, "/ready"));
    }

    [Fact]
    public async Task Health_AgentStyle_ListsChecksWhenVerboseOrFailing()
    {
        var failure = (string?)"no server";
        await using var host = await StartAsync(r => r.MapHealth(
            HealthStyle.Agent, [new HealthCheck("ping", () => null), new HealthCheck("server-connected", () => failure)]));

        Assert.Equal((503, "[+]ping ok\n[-]server-connected failed: no server\n"), await GetAsync(host, "/readyz"));
        failure = null;
        Assert.Equal((200, "ok"), await GetAsync(host, "/readyz"));
        Assert.Equal((200, "[+]ping ok\n[+]server-connected ok\ncheck passed\n"), await GetAsync(host, "/ready?verbose"));
    }

    [Fact]
    public async Task Health_WithWarnings_IsOk_AndSaysThem()
    {
        IReadOnlyList<string> warnings = ["a ends", "b ends"];
        await using var server = await StartAsync(r => r.MapHealth(HealthStyle.Server, [], () => warnings));
        await using var agent = await StartAsync(r => r.MapHealth(HealthStyle.Agent, [new HealthCheck("ping", () => null)], () => warnings));

        Assert.Equal((200, "ok"), await GetAsync(server, "/healthz"));
        Assert.Equal((200, "ok\nwarning: a ends\nwarning: b ends\n"), await GetAsync(server, "/readyz"));
        Assert.Equal((200, "ok\nwarning: a ends\nwarning: b ends\n"), await GetAsync(agent, "/readyz"));
        Assert.Equal(
            (200, "[+]ping ok\ncheck passed\nwarning: a ends\nwarning: b ends\n"), await GetAsync(agent, "/readyz?verbose"));
        warnings = [];
        Assert.Equal((200, "ok"), await GetAsync(server, "/readyz"));
    }

    [Fact]
    public async Task Metrics_Get_IsThePrometheusText()
    {
        using var factory = new MeterFactory();
        using var text = new PrometheusText(factory, [ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(factory);
        await using var host = await StartAsync(r => r.MapMetrics(text));

        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{host.Port}/metrics")).DefaultTimeout();
        Assert.Equal(PrometheusText.ContentType, response.Content.Headers.ContentType!.ToString());
        Assert.Contains("process_open_fds", PrometheusTextParser.Parse(await response.Content.ReadAsStringAsync()).Keys);
    }

    [Fact]
    public async Task Admin_MetricsOfTheAgent_RedirectsToTheHealthPort()
    {
        await using var host = await StartAsync(r => r.MapMetricsRedirect(() => 8093));

        using var response = await SendAsync(host, "/metrics");
        Assert.Equal(HttpStatusCode.MovedPermanently, response.StatusCode);
        Assert.Equal("http://127.0.0.1:8093/metrics", response.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Admin_Diagnostics_SayWhatThereIs()
    {
        await using var host = await StartAsync(r => r.MapDiagnostics());

        using var redirect = await SendAsync(host, "/debug/pprof");
        Assert.Equal("/debug/pprof/", redirect.Headers.Location!.ToString());
        Assert.Contains("dotnet-trace", (await GetAsync(host, "/debug/pprof/")).Body, StringComparison.Ordinal);
        Assert.Contains("pool threads", (await GetAsync(host, "/debug/pprof/goroutine")).Body, StringComparison.Ordinal);
        Assert.Contains("generation 2", (await GetAsync(host, "/debug/pprof/heap")).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await GetAsync(host, "/debug/pprof/profile")).Status);
    }

    [Fact]
    public async Task Start_OtherPathsAndMethods_AreRefused()
    {
        await using var host = await StartAsync(r => r.MapHealth(HealthStyle.Server, []));

        Assert.Equal(404, (await GetAsync(host, "/nothing")).Status);
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri($"http://127.0.0.1:{host.Port}/healthz"), null).DefaultTimeout();
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Start_PortInUse_NamesFlagValueAndRemedy()
    {
        await using var first = await StartAsync(r => r.MapHealth(HealthStyle.Server, []));

        var error = await Assert.ThrowsAsync<StartupException>(() => StartAsync(_ => { }, Loopback with { Port = first.Port })).DefaultTimeout();
        Assert.Equal($"--health-port={first.Port}: the port is in use; stop the other process or choose another port", error.Message);
    }

    [Fact]
    public async Task Start_AddressOfAnotherMachine_NamesTheFlag()
    {
        var error = await Assert.ThrowsAsync<StartupException>(() => StartAsync(_ => { }, Loopback with { Address = "203.0.113.7" })).DefaultTimeout();
        Assert.Contains("--health-port=0: the bind address is not one of this machine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_EmptyAddress_ListensOnEveryFamily()
    {
        await using var host = await StartAsync(r => r.MapHealth(HealthStyle.Server, []), Loopback with { Address = "" });

        Assert.Equal((200, "ok"), await GetAsync(host, "/healthz"));
    }

    [Fact]
    public async Task Dispose_Always_FreesThePort()
    {
        var host = await StartAsync(r => r.MapHealth(HealthStyle.Server, []));
        await host.DisposeAsync().DefaultTimeout();

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Loopback, host.Port)).DefaultTimeout();
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("localhost", "127.0.0.1")]
    public void BindAddress_Text_IsResolved(string text, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), BindAddress.Parse("server-bind-address", text));

    [Fact]
    public void BindAddress_Nonsense_NamesTheFlag()
    {
        var error = Assert.Throws<StartupException>(() => BindAddress.Parse("server-bind-address", "no such host!"));
        Assert.Contains("--server-bind-address=no such host!", error.Message, StringComparison.Ordinal);
    }

    private static Task<PlainHttpHost> StartAsync(Action<IEndpointRouteBuilder> map, PlainHttpEndpoint? endpoint = null) =>
        PlainHttpHost.StartAsync(endpoint ?? Loopback, map, NullLoggerFactory.Instance, CancellationToken.None).DefaultTimeout();

    private static async Task<(int Status, string Body)> GetAsync(PlainHttpHost host, string path)
    {
        using var response = await SendAsync(host, path);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync().DefaultTimeout());
    }

    private static async Task<HttpResponseMessage> SendAsync(PlainHttpHost host, string path)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        return await http.GetAsync(new Uri($"http://127.0.0.1:{host.Port}{path}")).DefaultTimeout();
    }
}
