using System.Net;
using System.Net.Http.Headers;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Grpc;

public sealed class GrpcRequestTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc+json")]
    [InlineData(null)]
    public async Task ContentType_NotGrpc_Is415WithText(string? contentType)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await SendAsync(server, "/ProxyService/Proxy", contentType);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains("application/grpc", await response.Content.ReadAsStringAsync().DefaultTimeout(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Method_NotPost_Is405()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await SendAsync(server, "/ProxyService/Proxy", null, HttpMethod.Get);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/AgentService/Connect")]
    [InlineData("/ProxyService/Other")]
    [InlineData("/")]
    public async Task Method_Unknown_IsUnimplementedInTrailersOnlyForm(string path)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await SendAsync(server, path, "application/grpc");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("12", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("", await response.Content.ReadAsStringAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Encoding_Gzip_IsUnimplementedAndNamesWhatIsAccepted()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await SendAsync(server, "/ProxyService/Proxy", "application/grpc", headers: ("grpc-encoding", "gzip"));

        Assert.Equal("12", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("identity", response.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Fact]
    public async Task Timeout_Malformed_IsInternal()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await SendAsync(server, "/ProxyService/Proxy", "application/grpc", headers: ("grpc-timeout", "soon"));

        Assert.Equal("13", response.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Timeout_Passed_EndsTheCallWithDeadlineExceeded()
    {
        await using var server = await TestServer.StartAsync();
        await using var call = await server.CallFrontendAsync("/ProxyService/Proxy", KeyValuePair.Create("grpc-timeout", "50m"));
        var frontend = new ScriptedPeer(call);

        Assert.Null(await frontend.HearAsync());
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, call.Status().Code);
    }

    [Fact]
    public async Task Frame_Compressed_IsUnimplemented()
    {
        await using var server = await TestServer.StartAsync();
        var frontend = await server.OpenFrontendAsync();

        await frontend.Call.Output.WriteAsync(new byte[] { 1, 0, 0, 0, 1, 0 });

        Assert.Null(await frontend.HearAsync());
        Assert.Equal(GrpcStatusCode.Unimplemented, frontend.Call.Status().Code);
    }

    [Fact]
    public async Task Stream_CutInsideAMessage_IsInternal()
    {
        await using var server = await TestServer.StartAsync();
        var frontend = await server.OpenFrontendAsync();

        await frontend.Call.Output.WriteAsync(new byte[] { 0, 0, 0, 0, 9, 8 });
        await frontend.Call.CompleteOutputAsync();

        Assert.Null(await frontend.HearAsync());
        Assert.Equal(GrpcStatusCode.Internal, frontend.Call.Status().Code);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        TestServer server, string path, string? contentType, HttpMethod? method = null, (string Name, string Value)? headers = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, "http://localhost" + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (request.Method == HttpMethod.Post)
        {
            request.Content = new ByteArrayContent([]);
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        if (headers is { } header)
        {
            request.Headers.Add(header.Name, header.Value);
        }

        return await server.FrontendHandler().SendAsync(request, CancellationToken.None).DefaultTimeout();
    }
}
