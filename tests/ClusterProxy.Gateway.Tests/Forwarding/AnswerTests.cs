using System.Net;
using ClusterProxy.Gateway.Tests.Kit;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>What callers get, and when.</summary>
public sealed class AnswerTests : ForwarderTest
{
    [Fact]
    public async Task Watch_ItsHeadersCome_BeforeItsFirstEvent_AndEachEventAtOnce()
    {
        var next = new SemaphoreSlim(0);
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.FlushAsync();
            for (var i = 0; i < 3; i++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($"{{\"n\":{i}}}\n");
            }
        });
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/api/v1/pods?watch=true", HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < 3; i++)
        {
            next.Release();
            Assert.Equal($"{{\"n\":{i}}}", await lines.ReadLineAsync().DefaultTimeout());
        }

        Assert.Null(await lines.ReadLineAsync().DefaultTimeout());
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_IsNotPassedOn(int status)
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = _ => $"HTTP/1.1 {status} Elsewhere\r\nLocation: https://evil/\r\nContent-Length: 0\r\n\r\n",
        };
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Null(response.Headers.Location);
        Assert.Contains($"redirect {status}", (string?)(await StatusAsync(response))["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task NotModified_IsNoRedirect()
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static _ => "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
        };
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/openapi/v3").DefaultTimeout();

        Assert.Equal((HttpStatusCode.NotModified, "\"a\""), (response.StatusCode, response.Headers.ETag?.Tag));
    }

    [Fact]
    public async Task Unauthorized_OfTheCluster_IsPassedOn_WithAHintInTheLog()
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static _ => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope",
        };
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        for (var i = 0; i < 3; i++)
        {
            using var response = await client.GetAsync("/alpha/x").DefaultTimeout();
            Assert.Equal((HttpStatusCode.Unauthorized, "nope"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        Assert.Single(Gateway.Log.Records, static r => r.EventName == "CredentialRefused");
    }

    [Fact]
    public async Task ClusterThatRefusesConnections_Is503_AndAfterAFewOnes_ByTheCircuit()
    {
        using var nobody = new RefusingPort();
        Gateway.AddCluster("alpha", nobody.Port);
        using var client = Gateway.Client();
        var reasons = new List<string?>();

        for (var i = 0; i < 7; i++)
        {
            using var response = await client.GetAsync("/alpha/x").DefaultTimeout();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
            reasons.Add((string?)(await StatusAsync(response))["details"]!["causes"]![0]!["reason"]);
        }

        Assert.Equal(["connect", "connect", "connect", "connect", "connect", "circuit_open", "circuit_open"], reasons);
        Assert.Single(Gateway.Log.Records, static r => r.EventName == "CircuitOpened");
    }

    [Fact]
    public async Task CertificateOfAnotherAuthority_Is502_AndTheCredentialIsNotSent()
    {
        using var others = new TestCertificates("others");
        await using var cluster = new RawCluster(others);
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("is not accepted", (string?)(await StatusAsync(response))["message"], StringComparison.Ordinal);
        Assert.Empty(cluster.Requests.Items);
    }

    [Fact]
    public async Task CertificateOfAnotherName_Is502_UnlessTheDescriptionNamesIt()
    {
        await using var cluster = new RawCluster(Gateway.Certificates, "kubernetes.default.svc");
        Gateway.AddCluster("alpha", cluster.Port);
        Gateway.AddCluster("beta", cluster.Port, static e => e with { ServerName = "kubernetes.default.svc" });
        using var client = Gateway.Client();

        using var wrong = await client.GetAsync("/alpha/x").DefaultTimeout();
        using var right = await client.GetAsync("/beta/x").DefaultTimeout();

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.OK), (wrong.StatusCode, right.StatusCode));
    }

    [Fact]
    public async Task ChangedCredential_IsUsedByTheNextRequest_AndTheWatchRunsOn()
    {
        var tokens = new ObservedList<string>();
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, async context =>
        {
            tokens.Add(context.Request.Headers.Authorization.ToString());
            await context.Response.Body.FlushAsync();
            if (context.Request.Query.ContainsKey("watch"))
            {
                await more.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync("event\n");
            }
        });
        Gateway.AddCluster("alpha", cluster.Port, token: "old");
        using var client = Gateway.Client();
        using var watch = await client.GetAsync("/alpha/api/v1/pods?watch=true", HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();

        Gateway.AddCluster("alpha", cluster.Port, token: "new");
        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();
        more.SetResult();

        Assert.Equal("event\n", await watch.Content.ReadAsStringAsync().DefaultTimeout());
        Assert.Equal(["Bearer old", "Bearer new"], tokens.Items);
    }

    [Fact]
    public async Task ThousandStreams_OnOneConnection_AreWatchesAtOnce()
    {
        const int streams = 1000;
        var all = new ObservedCount();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, async context =>
        {
            await context.Response.Body.FlushAsync();
            all.Increment();
            await go.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("e");
        });
        Gateway.AddCluster("alpha", cluster.Port);
        var connections = 0;
        using var client = Gateway.Client(handler =>
        {
            handler.EnableMultipleHttp2Connections = false;
            handler.PlaintextStreamFilter = (context, _) =>
            {
                connections++;
                return ValueTask.FromResult(context.PlaintextStream);
            };
        });

        var watches = Enumerable.Range(0, streams).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseAddress!, "/alpha/api/v1/pods?watch=true"))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return await response.Content.ReadAsStringAsync();
        }).ToList();
        await all.WaitForAsync(streams).DefaultTimeout();
        go.SetResult();

        Assert.All(await Task.WhenAll(watches).DefaultTimeout(), static text => Assert.Equal("e", text));
        Assert.Equal(1, connections);
    }
}
