using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using ClusterProxy.Hosting.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Tests.Certificates;

/// <summary>A Kestrel on a free port with one TLS listener that answers every request with its protocol.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MeterListener _listener = new();

    private TlsServer(WebApplication app, RecordingLogger log, string component)
    {
        Log = log;
        _app = app;
        var scope = app.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == scope && instrument.Name == $"clusterproxy_{component}_tls_handshake_failures_total")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            Failures.AddOrUpdate($"{tags[0].Value}/{tags[1].Value}", value, (_, old) => old + value));
        _listener.Start();
    }

    public RecordingLogger Log { get; }

    public ConcurrentDictionary<string, long> Failures { get; } = new(StringComparer.Ordinal);

    public IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 0);

    public static async Task<TlsServer> StartAsync(
        ServerTlsOptions options, HttpProtocols protocols = HttpProtocols.Http1AndHttp2, Action<ListenOptions>? afterTls = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddMetrics();
        var log = new RecordingLogger();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AllowAlternateSchemes = true).ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            var metrics = new HostingMetrics(listen.ApplicationServices.GetRequiredService<IMeterFactory>(), "server");
            new ServerTls(options, metrics, log, TimeProvider.System).Use(listen);
            afterTls?.Invoke(listen);
        }));
        var app = builder.Build();
        var server = new TlsServer(app, log, "server");
        app.Run(context => context.Response.WriteAsync($"{context.Request.Protocol} {context.Connection.ClientCertificate?.Subject}"));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Address = new IPEndPoint(IPAddress.Loopback, new Uri(address).Port);
        return server;
    }

    public async Task<(EventId Id, LogLevel Level, string Text)> NextLogAsync()
    {
        using var timeout = new CancellationTokenSource(TaskTimeouts.Default);
        while (Log.Entries.Count == 0)
        {
            await Task.Delay(5, timeout.Token);
        }

        return Log.Entries[0];
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _listener.Dispose();
    }
}
