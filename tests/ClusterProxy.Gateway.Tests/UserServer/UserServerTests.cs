using System.Net;
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
