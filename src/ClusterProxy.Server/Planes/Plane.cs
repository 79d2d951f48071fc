using System.Diagnostics.Metrics;
using System.Net.Sockets;
using ClusterProxy.Hosting.Listeners;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol.Tls;
using ClusterProxy.Server.Grpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ClusterProxy.Server.Planes;

/// <summary>
/// One Kestrel. Each plane has its own, since windows, pings and stream limits are settings of a whole Kestrel and the planes
/// need different ones.
/// </summary>
internal sealed class Plane : IAsyncDisposable
{
    /// <summary>Upstream's own; a peer that does not answer for so long is gone.</summary>
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A request whose head comes frame by empty frame costs a stream for so long; the same as the handshake before it.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly LiveCalls _calls;
    private readonly UnixSocketListener? _socket;
    private readonly BrokenConnections _broken;

    private Plane(WebApplication app, LiveCalls calls, BrokenConnections broken, UnixSocketListener? socket)
    {
        _app = app;
        _calls = calls;
        _broken = broken;
        _socket = socket;
    }

    /// <summary>The TCP port taken; 0 when there is none.</summary>
    public int Port { get; private init; }

    /// <param name="options">What makes it this plane.</param>
    /// <param name="metrics">Of the server.</param>
    /// <param name="logger">Of the server.</param>
    /// <param name="logging">For Kestrel.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="Hosting.StartupException">The port cannot be had.</exception>
    public static async Task<Plane> StartAsync(
        PlaneOptions options, ServerMetrics metrics, ILogger logger, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var calls = new LiveCalls();
        var app = Build(options, calls, logger, logging);
        var broken = new BrokenConnections(app.Services.GetRequiredService<IMeterFactory>(), options.Name, metrics, logger);
        try
        {
            await app.StartAsync(cancellationToken);
            return new Plane(app, calls, broken, options.Socket) { Port = BoundPort(app) };
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            broken.Dispose();
            options.Socket?.Dispose();
            if (options.Endpoint is { } endpoint && BindFailure.Explain(endpoint.Flag, endpoint.Port, e) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>
    /// Takes no more connections and no more streams, and waits for those that are open; they are cut when the token fires.
    /// </summary>
    public Task StopAsync(CancellationToken cut) => _app.StopAsync(cut);

    /// <summary>
    /// As <see cref="StopAsync"/>, but the calls, which somebody else is ending, have their last byte out first: Kestrel takes a
    /// call for ended just before it writes the trailers, and a stop in that moment leaves them unwritten.
    /// </summary>
    public async Task StopAfterCallsAsync(CancellationToken cut)
    {
        try
        {
            await _calls.CloseAsync().WaitAsync(cut);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            // The stop cuts what is left.
        }

        await StopAsync(cut);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _broken.Dispose();
        _socket?.Dispose();
    }

    private static WebApplication Build(PlaneOptions options, LiveCalls calls, ILogger logger, ILoggerFactory logging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new KestrelLogging(logging)));

        // Signals are the process's affair, and so is how long a stop may take.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, PlaneLifetime>());
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddSingleton<IConnectionListenerFactory>(
            new DirectSocketTransport(
                endPoint => endPoint is UnixDomainSocketEndPoint ? options.Socket?.Socket : null, handshakes: options.Handshakes, logger: logger));
        var app = builder.Build();
        app.Run(http => ServeAsync(http, options.Serve, calls));
        return app;
    }

    private static async Task ServeAsync(HttpContext http, RequestDelegate serve, LiveCalls calls)
    {
        calls.Enter();
        try
        {
            await serve(http);
            await http.Response.CompleteAsync();
        }
        finally
        {
            calls.Leave();
        }
    }

    private static void Configure(KestrelServerOptions kestrel, PlaneOptions options)
    {
        kestrel.AddServerHeader = false;

        // A client that does TLS by itself and speaks HTTP/2 inside says ":scheme: http".
        kestrel.AllowAlternateSchemes = true;
        kestrel.RequestHeaderEncodingSelector = AuthorityEncoding.Select;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.MaxResponseBufferSize = options.ResponseBuffer;
        limits.Http2.MaxStreamsPerConnection = options.MaxStreams;
        limits.Http2.InitialStreamWindowSize = options.StreamWindow;
        limits.Http2.InitialConnectionWindowSize = options.ConnectionWindow;
        limits.Http2.KeepAlivePingDelay = options.PingInterval ?? TimeSpan.MaxValue;
        limits.Http2.KeepAlivePingTimeout = PingTimeout;
        if (options.Endpoint is { } endpoint)
        {
            kestrel.Listen(endpoint.ToEndPoint(), listener => Configure(listener, options, options.UseTls));
        }

        if (options.Socket is { } socket)
        {
            kestrel.ListenUnixSocket(socket.Path, listener => Configure(listener, options, null));
        }
    }

    private static void Configure(ListenOptions listener, PlaneOptions options, Action<ListenOptions>? useTls)
    {
        listener.Protocols = HttpProtocols.Http2;
        useTls?.Invoke(listener);
        listener.Use(next => connection =>
        {
            BrokenConnections.Watch(connection);
            if (options.Handshakes is null)
            {
                connection.Features.Get<DirectSocketConnection>()?.RunReadsInline();
            }

            if (connection.Features.Get<ISslStreamFeature>()?.SslStream is { } tls)
            {
                TlsBuffers.ReleaseWhenIdle(tls);
            }

            return next(connection);
        });
        listener.Use(options.Connect);
    }

    private static int BoundPort(WebApplication app) => app.Services.GetRequiredService<IServer>()
        .Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
        .Select(BindingAddress.Parse).FirstOrDefault(static a => !a.IsUnixPipe)?.Port ?? 0;
}
