using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Messages;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Agent.Tests.Scripted;

/// <summary>
/// A proxy-server's agent port that does nothing by itself: the test reads and writes each packet. It frames messages with
/// its own few lines, so that it is a second opinion on the wire.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();

    private ScriptedServer(WebApplication app) => _app = app;

    public int Port { get; private set; }

    public string ServerId { get; set; } = Guid.NewGuid().ToString();

    /// <summary>The servercount header; any text.</summary>
    public string ServerCount { get; set; } = "1";

    /// <summary>The clusterproxy-features header; none when empty.</summary>
    public string Features { get; set; } = "";

    /// <summary>The clusterproxy-servers-bin header; none when null.</summary>
    public ServerList? Servers { get; set; }

    /// <summary>Answers in place of the tunnel when it returns true.</summary>
    public Func<HttpContext, Task<bool>> Refuse { get; set; } = static _ => Task.FromResult(false);

    public ObservedCount Calls { get; } = new();

    /// <summary>Every tunnel ever opened, in order.</summary>
    public ObservedList<ScriptedTunnel> Tunnels { get; } = new();

    public ObservedCount Open { get; } = new();

    public static async Task<ScriptedServer> StartAsync(
        TestCertificates certificates, int port = 0, X509Certificate2? certificate = null, string protocol = "h2",
        Func<X509Certificate?, bool>? clientCertificate = null)
    {
        var serving = certificate ?? certificates.Server().Certificate;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AllowAlternateSchemes = true;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = serving,
                        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                        ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                        ClientCertificateRequired = clientCertificate is not null,
                        RemoteCertificateValidationCallback = (_, sent, _, _) => clientCertificate?.Invoke(sent) ?? true,
                    }),
                });
                listen.Use(next => connection =>
                {
                    // Kestrel serves HTTP/2 under no other name.
                    Http2WithoutAlpn.Apply(connection.Features);
                    return next(connection);
                });
            });
        });
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.MapPost("/AgentService/Connect", server.ServeAsync);
        await app.StartAsync();
        server.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()).Port;
        return server;
    }

    /// <summary>The next tunnel that opens, or the one that has.</summary>
    public Task<ScriptedTunnel> TunnelAsync(int index = 0) => TunnelOrLaterAsync(index).DefaultTimeout();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<ScriptedTunnel> TunnelOrLaterAsync(int index)
    {
        await Calls.WaitForAtLeastAsync(index + 1);
        await Tunnels.WaitForAsync(t => t.Index == index);
        return Tunnels.Items[index];
    }

    private async Task ServeAsync(HttpContext context)
    {
        Calls.Increment();
        if (await Refuse(context))
        {
            return;
        }

        context.Response.ContentType = "application/grpc";
        context.Response.Headers["serverid"] = ServerId;
        context.Response.Headers["servercount"] = ServerCount;
        if (Features.Length > 0)
        {
            context.Response.Headers["clusterproxy-features"] = Features;
        }

        if (Servers is { } servers)
        {
            context.Response.Headers["clusterproxy-servers-bin"] = Convert.ToBase64String(servers.ToByteArray());
        }

        // Starting alone leaves the headers in Kestrel's buffer.
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        var tunnel = new ScriptedTunnel(context, Tunnels.Items.Count);
        Open.Increment();
        Tunnels.Add(tunnel);
        try
        {
            await tunnel.ServeAsync(_stop.Token);
        }
        finally
        {
            Open.Decrement();
        }
    }
}
