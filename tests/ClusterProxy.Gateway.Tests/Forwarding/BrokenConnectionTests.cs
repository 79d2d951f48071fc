using System.Net;
using System.Text;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>Connections to a cluster that break before an answer.</summary>
public sealed class BrokenConnectionTests : ForwarderTest
{
    [Theory]
    [InlineData("GET", "/alpha/api/v1/pods")]
    [InlineData("HEAD", "/alpha/api/v1/pods")]
    [InlineData("OPTIONS", "/alpha/api/v1/pods")]
    [InlineData("GET", "/alpha/api/v1/pods?watch=true")]
    public async Task PooledConnectionBreaks_AReadIsSentOnceMore(string method, string path)
    {
        await using var cluster = await CuttingCluster.StartAsync(Gateway, static request => request == 2);
        using var client = Gateway.Client();
        using var first = await client.GetAsync("/alpha/x").DefaultTimeout();

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var second = await client.SendAsync(request).DefaultTimeout();

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, 3L), (first.StatusCode, second.StatusCode, cluster.Requests.Value));
    }

    [Fact]
    public async Task EveryConnectionBreaks_IsA503AfterTheSecond()
    {
        await using var cluster = await CuttingCluster.StartAsync(Gateway, static _ => true);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/api/v1/pods").DefaultTimeout();

        await AssertBrokenAsync(response);
        Assert.Equal(2, cluster.Requests.Value);
    }

    [Theory]
    [InlineData("POST", "{}")]
    [InlineData("PUT", "{}")]
    [InlineData("DELETE", null)]
    public async Task ConnectionBreaks_AWriteIsA503AndNotRepeated(string method, string? body)
    {
        await using var cluster = await CuttingCluster.StartAsync(Gateway, static request => request == 2);
        using var client = Gateway.Client();
        using var first = await client.GetAsync("/alpha/x").DefaultTimeout();

        using var request = new HttpRequestMessage(new HttpMethod(method), "/alpha/api/v1/pods") { Content = body is null ? null : new StringContent(body) };
        using var response = await client.SendAsync(request).DefaultTimeout();

        await AssertBrokenAsync(response);
        Assert.Equal(2, cluster.Requests.Value);
    }

    [Fact]
    public async Task ConnectionBreaks_WhileABodyIsAwaited_TheCallerMayEndItAndGoOn()
    {
        await using var cluster = await CuttingCluster.StartAsync(Gateway, static request => request == 1);
        await using var caller = await Gateway.ConnectAsync();
        using var answers = new StreamReader(caller, Encoding.Latin1);

        await caller.WriteAsync("POST /alpha/api/v1/pods HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n{ "u8.ToArray()).DefaultTimeout();
        Assert.Equal("HTTP/1.1 503 Service Unavailable", await answers.ReadLineAsync().DefaultTimeout());

        await caller.WriteAsync(" }GET /alpha/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray()).DefaultTimeout();
        Assert.Contains("HTTP/1.1 200 OK", await answers.ReadToEndAsync().DefaultTimeout(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionBreaks_AnExecIsNotRepeated()
    {
        await using var cluster = await CuttingCluster.StartAsync(Gateway, static _ => true);
        using var client = Gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/alpha/api/v1/namespaces/n/pods/p/exec?command=ls");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");

        using var response = await client.SendAsync(request).DefaultTimeout();

        await AssertBrokenAsync(response);
        Assert.Equal(1, cluster.Requests.Value);
    }

    [Fact]
    public async Task NonsenseForAnAnswer_StaysA502()
    {
        await using var cluster = new RawCluster(Gateway.Certificates) { Answer = static _ => "SSH-2.0-nonsense\r\n\r\n" };
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/api/v1/pods").DefaultTimeout();

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Single(cluster.Requests.Items);
    }

    private static async Task AssertBrokenAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal("broken", (string?)(await StatusAsync(response))["details"]!["causes"]![0]!["reason"]);
    }
}
