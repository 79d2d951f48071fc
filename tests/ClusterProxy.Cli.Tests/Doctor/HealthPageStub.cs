using ClusterProxy.Hosting.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>A health port that says what the test wants it to.</summary>
internal sealed class HealthPageStub(PlainHttpHost host) : IAsyncDisposable
{
    public int Port => host.Port;

    public string Url => $"http://127.0.0.1:{Port}";

    public static async Task<HealthPageStub> StartAsync(string metrics, string ready = "ok", int status = 200)
    {
        var endpoint = new PlainHttpEndpoint { PortFlag = "port", Port = 0, AddressFlag = "address", Address = "127.0.0.1" };
        return new HealthPageStub(await PlainHttpHost.StartAsync(
            endpoint,
            routes =>
            {
                routes.MapGet("/readyz", (RequestDelegate)(context =>
                {
                    context.Response.StatusCode = status;
                    return context.Response.WriteAsync(ready);
                }));
                routes.MapGet("/metrics", (RequestDelegate)(context => context.Response.WriteAsync(metrics)));
            },
            NullLoggerFactory.Instance, CancellationToken.None));
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
