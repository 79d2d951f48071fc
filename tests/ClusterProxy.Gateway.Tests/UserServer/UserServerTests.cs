using System.Net;
using System.Net.WebSockets;
using ClusterProxy.Gateway.Tests.Acceptance;

namespace ClusterProxy.Gateway.Tests.UserServer;

/// <summary>OCM's user-server paths through gateway, proxy-server and proxy-agent.</summary>
public sealed class UserServerTests(TunnelBed bed) : IClassFixture<TunnelBed>
{
    private const string Service = "/alpha/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy-service";

    [Fact]
    public async Task ApiServerPath_IsServedInTheCallersName()
    {
        using var client = bed.HttpClient();

        using var answer = await client.GetAsync("/alpha/api/v1/namespaces?limit=5").DefaultTimeout();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(
            bed.Managed.Requests, static r => r.Path == "/api/v1/namespaces" && r.Query == "?limit=5" && r.Headers["Impersonate-User"] == "alice");
    }

    [Fact]
    public async Task AllowedService_IsAskedWithHeadersOfOurs()
    {
        using var client = bed.HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Service}/healthz?a=%2Fb");
        request.Headers.Add("Cluster-Proxy-Service", "another");
        request.Headers.TryAddWithoutValidation("cluster_proxy_port", "1");
        request.Headers.Add("X-Remote-User", "root");
        request.Headers.Add("Cookie", "hub=secret");

        using var answer = await client.SendAsync(request).DefaultTimeout();

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        var seen = await bed.ServiceProxy.WaitForRequestAsync(static r => r.Query == "?a=%2Fb").DefaultTimeout();
        Assert.Equal("/healthz", seen.Path);
        Assert.Equal(
            ("http", "monitoring", "prometheus", "9090"),
            (seen.Headers["Cluster-Proxy-Proto"], seen.Headers["Cluster-Proxy-Namespace"], seen.Headers["Cluster-Proxy-Service"], seen.Headers["Cluster-Proxy-Port"]));
        Assert.DoesNotContain(
            seen.Headers.Keys, static k => k.Contains('_') || k.StartsWith("X-Remote", StringComparison.OrdinalIgnoreCase) || k == "Cookie");
    }

    [Fact]
    public async Task SpdyUpgradeToAService_KeepsItsMethod_AndCarriesBytesBothWays()
    {
        await using var stream = await bed.UpgradeAsync($"{Service}/api/v1/namespaces/d/pods/p/exec?b=%2Fc");

        await stream.WriteAsync("hello"u8.ToArray()).DefaultTimeout();
        var echo = new byte[5];
        await stream.ReadExactlyAsync(echo).DefaultTimeout();

        Assert.Equal("hello"u8.ToArray(), echo);
        var seen = await bed.ServiceProxy.WaitForRequestAsync(static r => r.Method == "POST" && r.Query == "?b=%2Fc").DefaultTimeout();
        Assert.Equal(("SPDY/3.1", "prometheus"), (seen.Headers["Upgrade"], seen.Headers["Cluster-Proxy-Service"]));
        Assert.DoesNotContain(seen.Headers.Keys, static k => k.StartsWith("Impersonate", StringComparison.OrdinalIgnoreCase) || k == "Authorization");
    }

    [Fact]
    public async Task WebSocketToAService_CarriesMessagesBothWays()
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        using var invoker = bed.HttpClient();
        await socket.ConnectAsync(
            new Uri($"wss://localhost:{bed.Url.Port}{Service}/api/v1/namespaces/d/pods/p/exec?command=cat&stdin=true&stdout=true"), invoker,
            CancellationToken.None).DefaultTimeout();

        await socket.SendAsync("\0hello"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).DefaultTimeout();
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).DefaultTimeout();

        Assert.Equal("\u0001hello"u8.ToArray(), buffer[..received.Count]);
        Assert.Equal("v5.channel.k8s.io", socket.SubProtocol);
    }

    [Fact]
    public async Task UpgradeToAServiceThatNoRuleAllows_IsRefusedHere()
    {
        var before = bed.ServiceProxy.Requests.Count;

        await using var refused = await bed.UpgradeAsync(Service.Replace("9090", "9091", StringComparison.Ordinal) + "/x", expected: 403);

        Assert.Equal(before, bed.ServiceProxy.Requests.Count);
    }

    [Theory]
    [InlineData(Service + "/healthz", false)]
    [InlineData(Service + "/healthz", true)]
    [InlineData("/alpha/version", true)]
    [InlineData(TunnelBed.Prefix + "/version", true)]
    public async Task Trace_IsRefusedHere(string path, bool asUpgrade)
    {
        using var client = bed.HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Trace, path);
        if (asUpgrade)
        {
            request.Headers.Add("Connection", "Upgrade");
            request.Headers.Add("Upgrade", "SPDY/3.1");
        }

        var before = bed.ServiceProxy.Requests.Count + bed.Managed.Requests.Count;

        using var answer = await client.SendAsync(request).DefaultTimeout();

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Contains("\"kind\":\"Status\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(before, bed.ServiceProxy.Requests.Count + bed.Managed.Requests.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "alice", "/alpha/api/v1/namespaces/monitoring/services/http:prometheus:9091/proxy-service/healthz")]
    [InlineData(HttpStatusCode.Forbidden, "alice", "/alpha/api/v1/namespaces/default/services/https:kubernetes:443/proxy-service/healthz")]
    [InlineData(HttpStatusCode.Forbidden, "alice", "/nowhere/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy-service/healthz")]
    [InlineData(HttpStatusCode.Forbidden, "bob", Service + "/healthz")]
    [InlineData(HttpStatusCode.Forbidden, "bob", "/alpha/api/v1/namespaces")]
    [InlineData(HttpStatusCode.Unauthorized, null, Service + "/healthz")]
    [InlineData(HttpStatusCode.Unauthorized, null, "/alpha/api/v1/namespaces")]
    [InlineData(HttpStatusCode.BadRequest, "alice", "/alpha/api/v1/namespaces/monitoring/services/http:prometheus:web/proxy-service/healthz")]
    [InlineData(HttpStatusCode.NotFound, "alice", "/favicon.ico")]
    public async Task WhatNoRuleAllows_IsRefusedHere(HttpStatusCode code, string? user, string path)
    {
        using var client = bed.HttpClient(user);
        var before = bed.ServiceProxy.Requests.Count + bed.Managed.Requests.Count;

        using var answer = await client.GetAsync(path).DefaultTimeout();

        Assert.Equal(code, answer.StatusCode);
        Assert.Contains("\"kind\":\"Status\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(before, bed.ServiceProxy.Requests.Count + bed.Managed.Requests.Count);
    }
}
