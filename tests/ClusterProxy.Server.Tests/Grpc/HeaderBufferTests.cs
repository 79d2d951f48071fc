using System.Net;
using ClusterProxy.Server.Grpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Server.Tests.Grpc;

public sealed class HeaderBufferTests
{
    /// <summary>It fails when another .NET keeps the buffer elsewhere: then an idle tunnel costs 16 KiB more.</summary>
    [Fact]
    public async Task Shrink_OfAConnection_TakesEffect_AndHeadersOfAnySizeStillPass()
    {
        var shrunk = false;
        await using var app = await StartAsync(async http =>
        {
            http.Response.Headers["x-long"] = new string('h', 2000);
            http.Response.Headers["x-short"] = "h";
            await http.Response.StartAsync();
            shrunk = HeaderBuffer.Shrink(http);
            http.Response.AppendTrailer("x-long-trailer", new string('t', 20_000));
            for (var i = 0; i < 100; i++)
            {
                http.Response.AppendTrailer($"x-trailer-{i}", $"value {i}");
            }
        });
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient
        {
            BaseAddress = new Uri(address),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        // The second call of the connection meets the small buffer from its first header on.
        for (var call = 0; call < 2; call++)
        {
            using var response = await client.GetAsync(new Uri("/", UriKind.Relative)).DefaultTimeout();

            Assert.True(shrunk);
            Assert.Equal(2000, response.Headers.GetValues("x-long").Single().Length);
            Assert.Equal("h", response.Headers.GetValues("x-short").Single());
            Assert.Equal(20_000, response.TrailingHeaders.GetValues("x-long-trailer").Single().Length);
            Assert.Equal("value 99", response.TrailingHeaders.GetValues("x-trailer-99").Single());
        }
    }

    [Fact]
    public void Shrink_WithoutKestrel_DoesNothing() => Assert.False(HeaderBuffer.Shrink(new DefaultHttpContext()));

    private static async Task<WebApplication> StartAsync(RequestDelegate serve)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(serve);
        await app.StartAsync();
        return app;
    }
}
