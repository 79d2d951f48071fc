using System.Net;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>What stands for a cluster's API: a small HTTPS server that only the cluster's agent is told how to reach.</summary>
internal sealed class ManagedApi : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(500);

    private readonly WebApplication _app;
    private readonly TimeProvider _time;

    private ManagedApi(WebApplication app, int port, TimeProvider time)
    {
        _app = app;
        _time = time;
        Port = port;
    }

    /// <summary>On loopback.</summary>
    public int Port { get; }

    public static async Task<ManagedApi> StartAsync(
        string cluster, IssuedCertificate certificate, TimeProvider time, CancellationToken cancellationToken)
    {
        // Not every platform serves a key that lives in memory only, but every one serves an imported PKCS #12.
        var leaf = X509CertificateLoader.LoadPkcs12(certificate.Certificate.Export(X509ContentType.Pkcs12), password: null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, QuietLifetime>());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            // A transfer may wait for as long as the tunnel makes it wait, and is as long as --bytes says.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0), listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(leaf);
            });
        });
        var app = builder.Build();
        var requests = new ManagedApiRequests(cluster, time);
        app.UseWebSockets();
        app.Run(requests.AnswerAsync);
        await app.StartAsync(cancellationToken);
        var bound = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return new ManagedApi(app, BindingAddress.Parse(bound).Port, time);
    }

    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopTimeout, _time);
        await _app.StopAsync(timeout.Token);
        await _app.DisposeAsync();
    }
}
