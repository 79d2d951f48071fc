using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>The steps of the acceptance flow that no kubectl makes by itself.</summary>
public sealed class WireAcceptanceTests(GatewayBed bed) : IClassFixture<GatewayBed>
{
    [Fact]
    public async Task Step5_SpdyUpgrade_KeepsItsMethodAndEveryByte()
    {
        await using var stream = await Wire.DialAsync(bed.Url, bed.Authority);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {GatewayBed.Prefix}/api/v1/namespaces/default/pods/web/exec?command=a&command=b%20c HTTP/1.1\r\nHost: gateway\r\n"
            + $"Authorization: Bearer {GatewayBed.Alice}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 101 ", await Wire.ReadHeadAsync(stream), StringComparison.Ordinal);
        var bytes = RandomNumberGenerator.GetBytes(1024 * 1024);

        var writing = stream.WriteAsync(bytes);
        var back = new byte[bytes.Length];
        await stream.ReadExactlyAsync(back).DefaultTimeout();
        await writing.DefaultTimeout();

        Assert.Equal(bytes, back);
        var request = await bed.Managed.WaitForRequestAsync(static r => r.Is("POST", "/exec")).DefaultTimeout();
        Assert.Equal("?command=a&command=b%20c", request.Query);
        Assert.Equal("alice", request.Headers["Impersonate-User"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Step10_AThousandWatchesOverOneConnection_AllHearTheSameEvent(bool isAggregated)
    {
        const int Count = 1000;

        // A user of one group, so that the aggregator sends its requests over one connection.
        bed.Hub.Tokens["token-of-carol"] = new ApiUser("carol");
        var inNamespace = isAggregated ? "many-aggregated" : "many";
        using var client = isAggregated ? bed.HubClient() : bed.Client(connections: 1);
        var url = new Uri(
            isAggregated ? bed.Hub.Url : bed.Url,
            $"{GatewayBed.Prefix}/api/v1/namespaces/{inNamespace}/configmaps?watch=true&resourceVersion=0");
        var opened = bed.Managed.WatchesStarted.Value;
        var answers = new List<StreamReader>();
        for (var i = 0; i < Count; i += 50)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => WatchAsync(client, url))).DefaultTimeout());
        }

        await bed.Managed.WatchesStarted.WaitForAtLeastAsync(opened + Count).DefaultTimeout();
        bed.Managed.Put($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"for-all","namespace":"{{{inNamespace}}}"},"data":{}}""");

        var lines = await Task.WhenAll(answers.Select(static a => a.ReadLineAsync())).DefaultTimeout();
        Assert.All(lines, static l => Assert.Contains("for-all", l, StringComparison.Ordinal));
        if (isAggregated)
        {
            Assert.Equal(1, bed.Hub.Aggregated!.Connections.Value);
        }

        answers.ForEach(static a => a.Dispose());
    }

    [Theory]
    [InlineData("X-Remote-User")]
    [InlineData("x_remote_user")]
    [InlineData("Impersonate-User")]
    public async Task Step11_SpoofWithoutAFrontProxysCertificate_IsNobody(string header)
    {
        using var client = bed.Client(connections: 1);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(bed.Url, $"{GatewayBed.Prefix}/api/v1/namespaces"));
        request.Headers.Add(header, "root");
        request.Headers.Add("X-Remote-Group", "system:masters");
        bed.Hub.AccessRule = static spec => spec["user"]?.GetValue<string>() is not ("root" or "system:anonymous");

        using var answer = await client.SendAsync(request).DefaultTimeout();
        bed.Hub.AccessRule = static _ => true;

        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized });
        Assert.DoesNotContain(bed.Managed.Requests, static r => r.Headers.Values.Any(static v => v.Contains("root", StringComparison.Ordinal)));
    }

    private static async Task<StreamReader> WatchAsync(HttpClient client, Uri url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token-of-carol");
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
    }
}
