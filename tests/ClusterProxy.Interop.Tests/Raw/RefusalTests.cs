using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;

namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>Requests that are no call, or no call that can be served: a clean answer, and nothing left of them.</summary>
[Collection(nameof(RawServers))]
public sealed class RefusalTests(RawServerFixture fixture)
{
    public static TheoryData<ServerPort> Ports => [ServerPort.Agent, ServerPort.Frontend, ServerPort.FrontendSocket];

    [Theory]
    [InlineData("POST", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("POST", "application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("POST", "application/grpc+json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("POST", null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("GET", null, HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "application/grpc", HttpStatusCode.MethodNotAllowed)]
    public async Task Request_ThatIsNoCall_GetsAnHttpStatusAndAText(string method, string? contentType, HttpStatusCode expected)
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            using var http = RawAccess.CreateHttpClient(fixture.Server, port);
            using var request = Request(method, RawAccess.MethodOf(port), contentType);

            using var answer = await http.SendAsync(request).DefaultTimeout();

            Assert.Equal(expected, answer.StatusCode);
            Assert.Contains("gRPC", await answer.Content.ReadAsStringAsync().DefaultTimeout(), StringComparison.Ordinal);
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [InlineData("/Nobody/Knows", "", "", "12")]
    [InlineData("/grpc.health.v1.Health/Check", "", "", "12")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "", "", "12")]
    [InlineData(null, "grpc-encoding", "gzip", "12")]
    [InlineData(null, "grpc-timeout", "soon", "13")]
    public async Task Call_ThatCannotBeServed_GetsAGrpcStatusInItsHeaders(string? path, string header, string value, string expected)
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            using var http = RawAccess.CreateHttpClient(fixture.Server, port);
            using var request = Request("POST", path ?? RawAccess.MethodOf(port), "application/grpc");
            if (header.Length > 0)
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }

            using var answer = await http.SendAsync(request).DefaultTimeout();

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("application/grpc", answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal(expected, Assert.Single(answer.Headers.GetValues("grpc-status")));
            Assert.NotEqual("", Assert.Single(answer.Headers.GetValues("grpc-message")));
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Fact]
    public async Task Call_OfTheOtherPortsMethod_IsUnimplemented()
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            using var http = RawAccess.CreateHttpClient(fixture.Server, port);
            var other = port == ServerPort.Agent ? ServerPort.Frontend : ServerPort.Agent;
            using var request = Request("POST", RawAccess.MethodOf(other), "application/grpc");

            using var answer = await http.SendAsync(request).DefaultTimeout();

            Assert.Equal("12", Assert.Single(answer.Headers.GetValues("grpc-status")));
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [InlineData("application/grpc+proto", "")]
    [InlineData("application/grpc;charset=utf-8", "")]
    [InlineData("application/grpc", "trailers")]
    public async Task Call_OfEveryGrpcContentType_IsServedWithAndWithoutTe(string contentType, string te)
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            using var http = RawAccess.CreateHttpClient(fixture.Server, port);
            using var request = Request("POST", RawAccess.MethodOf(port), contentType);
            request.Headers.TryAddWithoutValidation("agentid", "a1");
            if (te.Length > 0)
            {
                request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue(te));
            }

            using var answer = await http.SendAsync(request).DefaultTimeout();
            await answer.Content.ReadAsByteArrayAsync().DefaultTimeout();

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("0", Assert.Single(answer.TrailingHeaders.GetValues("grpc-status")));
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Http11_Request_GetsAnAnswerThatSaysWhatIsSpokenHere(ServerPort port)
    {
        await using (var stream = await RawAccess.OpenAsync(fixture.Server, port))
        {
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray()).DefaultTimeout();

            var answer = Encoding.ASCII.GetString(await RawAccess.ReadToEndAsync(stream));

            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Contains("gRPC", answer, StringComparison.Ordinal);
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [InlineData(ServerPort.Agent)]
    [InlineData(ServerPort.Frontend)]
    public async Task Tls_WithoutACommonProtocol_IsRefused(ServerPort port)
    {
        await Assert.ThrowsAsync<AuthenticationException>(() => RawAccess.OpenAsync(fixture.Server, port, "spdy/3"));

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Garbage_InsteadOfThePreface_EndsTheConnection(ServerPort port)
    {
        foreach (var seed in Enumerable.Range(1, 5))
        {
            await using var stream = await RawAccess.OpenAsync(fixture.Server, port);
            await stream.WriteAsync(SeededBytes.Create(seed, 2000)).DefaultTimeout();
            await RawAccess.ReadToEndAsync(stream);
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [InlineData(ServerPort.Agent)]
    [InlineData(ServerPort.Frontend)]
    public async Task Garbage_InsteadOfTls_EndsTheConnection(ServerPort port)
    {
        foreach (var start in new[] { "GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0003\u0001\u00ff\u00ff" })
        {
            await using var stream = await RawAccess.OpenTcpAsync(fixture.Server, port);
            await stream.WriteAsync((byte[])[.. Encoding.Latin1.GetBytes(start), .. SeededBytes.Create(1, 70_000)]).DefaultTimeout();
            await RawAccess.ReadToEndAsync(stream);
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Connection_LeftInsideThePreface_IsForgotten(ServerPort port)
    {
        var stream = await RawAccess.OpenAsync(fixture.Server, port);
        await stream.WriteAsync("PRI * HT"u8.ToArray()).DefaultTimeout();
        await stream.DisposeAsync();

        await fixture.VerifyUntouchedAsync();
    }

    private static HttpRequestMessage Request(string method, string path, string? contentType)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (method != "GET")
        {
            request.Content = new ByteArrayContent([]);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
            }
        }

        return request;
    }
}
