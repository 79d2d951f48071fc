using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A cluster's API server over HTTPS, HTTP/1.1 and HTTP/2, that answers as a test says.</summary>
internal sealed class KestrelCluster : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<ConnectionContext, byte> _connections;

    private KestrelCluster(WebApplication app, ConcurrentDictionary<ConnectionContext, byte> connections) => (_app, _connections) = (app, connections);

    public int Port { get; private init; }

    public static async Task<KestrelCluster> StartAsync(TestCertificates certificates, RequestDelegate serve, params string[] names)
    {
        var connections = new ConcurrentDictionary<ConnectionContext, byte>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestLineSize = 128 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 512 * 1024;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 128 * 1024;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 250;
            kestrel.Listen(IPAddress.Loopback, 0, listener =>
            {
                listener.Protocols = HttpProtocols.Http1AndHttp2;
                listener.Use(next => async connection =>
                {
                    connections[connection] = 0;
                    try
                    {
                        await next(connection);
                    }
                    finally
                    {
                        connections.TryRemove(connection, out _);
                    }
                });
                listener.UseHttps(certificates.Server(names).Certificate);
            });
        });
        var app = builder.Build();
        app.Run(serve);
        await app.StartAsync().DefaultTimeout();
        return new KestrelCluster(app, connections) { Port = new Uri(app.Urls.Single()).Port };
    }

    /// <summary>Every open connection is reset, as a tunnel that loses its agent is.</summary>
    public void CutConnections()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true)).DefaultTimeout();
        await _app.DisposeAsync().DefaultTimeout();
    }
}
