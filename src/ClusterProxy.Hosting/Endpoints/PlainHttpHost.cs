using System.Net;
using ClusterProxy.Hosting.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Endpoints;

/// <summary>A small HTTP/1.1 server for health, metrics or administration: no TLS, no MVC, no configuration files.</summary>
public sealed class PlainHttpHost : IAsyncDisposable
{
    /// <summary>
    /// Of probes, scrapers and people. Few, since they come out of the handles that are kept back (<see cref="Transport.SpareHandles"/>): a
    /// program without others must not be taken for dead.
    /// </summary>
    private const int MaxConnections = 24;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;

    private PlainHttpHost(WebApplication app) => _app = app;

    /// <summary>The port taken, also when 0 was asked for.</summary>
    public int Port { get; private init; }

    /// <exception cref="StartupException">The port is in use or the address is not one of this machine.</exception>
    public static async Task<PlainHttpHost> StartAsync(
        PlainHttpEndpoint endpoint, Action<IEndpointRouteBuilder> map, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var address = BindAddress.Parse(endpoint.AddressFlag, endpoint.Address);
        var app = Build(new IPEndPoint(address, endpoint.Port), logging);
        map(app);
        try
        {
            await app.StartAsync(cancellationToken);
            var bound = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
            return new PlainHttpHost(app) { Port = BindingAddress.Parse(bound).Port };
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (BindFailure.Explain(endpoint.PortFlag, endpoint.Port, e) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>As <see cref="StartAsync"/>, for a port that the process can do without: a warning and null when it cannot be had.</summary>
    public static async Task<PlainHttpHost?> TryStartAsync(
        PlainHttpEndpoint endpoint, Action<IEndpointRouteBuilder> map, ILoggerFactory logging, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            return await StartAsync(endpoint, map, logging, cancellationToken);
        }
        catch (StartupException e)
        {
            HostingLog.PortMissing(logger, e.Message);
            return null;
        }
    }

    /// <summary>Lets requests that run finish for two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopTimeout, TimeProvider.System);
        await _app.StopAsync(timeout.Token);
        await _app.DisposeAsync();
    }

    private static WebApplication Build(IPEndPoint address, ILoggerFactory logging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.Replace(ServiceDescriptor.Singleton(logging));

        // The default lifetime would listen to SIGTERM and stop health and metrics while the process still drains.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignalsLifetime>());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(address, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.UseRouting();
        return app;
    }

    private sealed class NoSignalsLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
