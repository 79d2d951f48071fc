using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Status;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Tests;

public sealed class StatusAnswerTests
{
    [Fact]
    public async Task ServiceUnavailable_WithRetryAfter_SaysItTwice()
    {
        var (context, body) = await WriteAsync(StatusAnswer.ServiceUnavailable("gone", TimeSpan.FromSeconds(1.2)));

        Assert.Equal(503, context.Response.StatusCode);
        Assert.Equal("2", context.Response.Headers.RetryAfter);
        Assert.Equal("nosniff", context.Response.Headers.XContentTypeOptions);
        Assert.Equal(
            """{"apiVersion":"v1","kind":"Status","status":"Failure","message":"gone","reason":"ServiceUnavailable","details":{"retryAfterSeconds":2},"code":503,"metadata":{}}""",
            body.ToJsonString());
    }

    [Fact]
    public async Task NotFound_NamesWhatIsMissing()
    {
        var (_, body) = await WriteAsync(StatusAnswer.NotFound("cluster.core.oam.dev", "clustergateways", "alpha"));

        Assert.Equal("clustergateways.cluster.core.oam.dev \"alpha\" not found", (string?)body["message"]);
        Assert.Equal("""{"name":"alpha","group":"cluster.core.oam.dev","kind":"clustergateways"}""", body["details"]!.ToJsonString());
    }

    private static async Task<(DefaultHttpContext Context, JsonObject Body)> WriteAsync(StatusAnswer answer)
    {
        var context = new DefaultHttpContext();
        var stream = new MemoryStream();
        context.Response.Body = stream;
        await answer.WriteAsync(context);
        Assert.Equal(stream.Length, context.Response.ContentLength);
        return (context, (JsonObject)JsonNode.Parse(stream.ToArray())!);
    }
}
