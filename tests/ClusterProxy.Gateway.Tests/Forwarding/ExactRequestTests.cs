using System.Net;
using System.Text;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Tests.Kit;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>What a cluster gets, by the bytes on its wire.</summary>
public sealed class ExactRequestTests : ForwarderTest
{
    [Theory]
    [InlineData("/api/v1/namespaces/a%2Fb/pods//x/?a=1&a=2&b=%2e%2e&c")]
    [InlineData("/api/v1/namespaces/default/services/https:web:443/proxy/dir/")]
    [InlineData("/")]
    [InlineData("/x?q=%F0%9F%98%80+%20'\"")]
    public async Task PathAndQuery_ArriveByteForByte(string target)
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);

        var answer = await Gateway.ExchangeAsync($"GET /alpha{target} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal($"GET {target} HTTP/1.1", Assert.Single(cluster.Requests.Items).Line);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task PathOf64KiB_ArrivesByteForByte(string version)
    {
        var target = "/" + new string('a', 64 * 1024 - 1) + "?x=%2F";
        var seen = new ObservedList<string>();
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, context =>
        {
            seen.Add(context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
            return Task.CompletedTask;
        });
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseAddress!, "/alpha" + target))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await client.SendAsync(request).DefaultTimeout();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(target, Assert.Single(seen.Items));
    }

    [Theory]
    [InlineData(100 * 1024, 10, 414)]
    [InlineData(10, 600 * 1024, 431)]
    public async Task HeadThatIsTooLong_IsRefused_AndNothingArrives(int path, int value, int code)
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);
        await using var caller = await Gateway.ConnectAsync();

        // It may be refused before all of it is sent.
        var sending = caller.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /alpha/{new string('a', path)} HTTP/1.1\r\nHost: gateway\r\nX-Long: {new string('v', value)}\r\n\r\n")).AsTask();

        Assert.StartsWith($"HTTP/1.1 {code} ", await Wire.ReadHeadAsync(caller), StringComparison.Ordinal);
        await Record.ExceptionAsync(() => sending).DefaultTimeout();
        Assert.Empty(cluster.Requests.Items);
    }

    [Fact]
    public async Task BodyOf40MiB_IsNotTooLarge()
    {
        const int size = 40 * 1024 * 1024;
        await using var cluster = await KestrelCluster.StartAsync(Gateway.Certificates, async context =>
        {
            context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
            var buffer = new byte[64 * 1024];
            var total = 0;
            for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
            {
                total += read;
            }

            await context.Response.WriteAsync($"{total}");
        });
        Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();
        using var body = new ByteArrayContent(new byte[size]);

        using var answer = await client.PutAsync("/alpha/x", body).DefaultTimeout();

        Assert.Equal($"{size}", await answer.Content.ReadAsStringAsync().DefaultTimeout());
    }

    [Fact]
    public async Task DotSegments_AreRefused_AndNothingArrives()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);

        var answer = await Gateway.ExchangeAsync("GET /alpha/api/%2e%2e/x HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"Status\"", answer, StringComparison.Ordinal);
        Assert.Empty(cluster.Requests.Items);
    }

    [Fact]
    public async Task CallersIdentity_IsReplacedByOurs()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);
        Gateway.Identity = ForwardedIdentity.Impersonate(
            "jürgen", "u-1", ["a", "b,c"], new Dictionary<string, IReadOnlyList<string>> { ["example.org/scopes"] = ["r", "w"] });

        var answer = await Gateway.ExchangeAsync(
            "GET /alpha/x HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer callers\r\nX-Remote-User: root\r\nX_Remote_User: root\r\n"
            + "x-remote-group: system:masters\r\nImpersonate-User: root\r\nIMPERSONATE-GROUP: system:masters\r\nImpersonate-Extra-x: y\r\n"
            + "Impersonate_Uid: 0\r\nCookie: a=b\r\nX-Hop: 1\r\nAccept: application/json\r\nConnection: X-Hop, Accept-Language\r\n"
            + "Accept-Language: de\r\nUser-Agent: kubectl/v1\r\nVia: 1.0 fred\r\nVia: 1.1 p.example.net\r\n\r\nGET /none HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        var request = Assert.Single(cluster.Requests.Items);

        // A trace goes on where somebody listens for it.
        Assert.Matches("^1.0 fred, ?1.1 p.example.net, 1.1 cluster-gateway-[0-9a-f]{16}$", request.Headers.Single(static h => h.Key == "Via").Value);
        var headers = request.Headers.Where(static h => h.Key is not ("traceparent" or "Via")).Select(static h => $"{h.Key}: {h.Value}").Order(StringComparer.Ordinal);
        Assert.Equal(
            ((string[])
            [
                "Accept: application/json", $"Authorization: Bearer {ForwarderFixture.Token}", $"Host: 127.0.0.1:{cluster.Port}",
                "Impersonate-Extra-example.org%2Fscopes: r, w", "Impersonate-Group: a, b,c", "Impersonate-Uid: u-1",
                $"Impersonate-User: {Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("jürgen"))}", "User-Agent: kubectl/v1",
                "X-Forwarded-For: 127.0.0.1",
            ]).Order(StringComparer.Ordinal),
            headers);
    }

    [Theory]
    [InlineData("x\r\nImpersonate-User: root")]
    [InlineData(" padded ")]
    public async Task IdentityThatNoHeaderCarries_IsForbidden(string user)
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);
        Gateway.Identity = ForwardedIdentity.Impersonate(user);
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal("Forbidden", (string?)(await StatusAsync(response))["reason"]);
        Assert.Empty(cluster.Requests.Items);
    }

    [Fact]
    public async Task BodyWithTrailers_ArrivesWithoutThem()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);

        var answer = await Gateway.ExchangeAsync(
            "POST /alpha/x HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\nTrailer: Impersonate-User\r\nConnection: close\r\n\r\n"
            + "5;ext=1\r\nhello\r\n0\r\nImpersonate-User: root\r\nX-Remote-User: root\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        var request = Assert.Single(cluster.Requests.Items);
        Assert.Equal("hello", request.Body);
        Assert.DoesNotContain(request.Headers, static h => h.Key is "Impersonate-User" or "X-Remote-User" or "Trailer");
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("HEAD")]
    public async Task AnyOtherMethod_IsKept(string method)
    {
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static request => request.Method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" : "HTTP/1.1 204 No Content\r\n\r\n",
        };
        Gateway.AddCluster("alpha", cluster.Port);

        await Gateway.ExchangeAsync($"{method} /alpha/x HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");

        Assert.Equal(method, Assert.Single(cluster.Requests.Items).Method);
    }
}
