using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Testing.Targets;

/// <summary>
/// An HTTP or HTTPS target: GET answers with <see cref="Body"/>, POST echoes, /large is 20 MB in ten writes,
/// /slow sends its headers and half of the body and then waits for <see cref="Slow"/>, /healthz says ok.
/// </summary>
public sealed class HttpTarget : IAsyncDisposable
{
    private const int LargeWrites = 10;
    private const int LargeWriteLength = 2 * 1024 * 1024;
    private readonly WebApplication _application;

    private HttpTarget(WebApplication application, string body)
    {
        _application = application;
        Body = body;
    }

    public static long LargeLength => (long)LargeWrites * LargeWriteLength;

    public static string LargeSha256 { get; } = SeededBytes.Sha256(seed: 20, LargeLength);

    public string Body { get; }

    public Uri Url { get; private set; } = null!;

    public int Port => Url.Port;

    /// <summary>host:port as a dial names it.</summary>
    public string Address => Url.Authority;

    /// <summary>Reached when a request to /slow has got half of its answer.</summary>
    public SyncPoint Slow { get; } = new();

    public ObservedCount Requests { get; } = new();

    /// <summary>Requests whose client went away before the answer was complete.</summary>
    public ObservedCount Aborted { get; } = new();

    /// <param name="certificate">Serves HTTPS (HTTP/1.1 and HTTP/2) with this certificate; null serves plain HTTP/1.1.</param>
    /// <param name="body">What GET answers with.</param>
    /// <param name="port">0 picks one.</param>
    public static async Task<HttpTarget> StartAsync(
        X509Certificate2? certificate = null, string body = "hello from the target", int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, endpoint =>
            {
                if (certificate is not null)
                {
                    endpoint.UseHttps(certificate);
                }
            });
        });
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var application = builder.Build();
        var target = new HttpTarget(application, body);
        application.Run(target.ServeAsync);
        await application.StartAsync();
        target.Url = new Uri(application.Urls.Single());
        return target;
    }

    public async ValueTask DisposeAsync()
    {
        Slow.Continue();

        // No grace: a request that a test left behind is cut.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        Requests.Increment();
        try
        {
            var answer = (context.Request.Method, context.Request.Path.Value) switch
            {
                ("POST", _) => EchoAsync(context),
                (_, "/healthz") => context.Response.WriteAsync("ok", context.RequestAborted),
                (_, "/large") => SendLargeAsync(context),
                (_, "/slow") => SendSlowlyAsync(context),
                _ => context.Response.WriteAsync(Body, context.RequestAborted),
            };
            await answer;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Aborted.Increment();
            context.Abort();
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentLength = context.Request.ContentLength;
        context.Response.ContentType = context.Request.ContentType;
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task SendLargeAsync(HttpContext context)
    {
        var buffer = new byte[LargeWriteLength];
        for (var i = 0; i < LargeWrites; i++)
        {
            SeededBytes.Fill(seed: 20, (long)i * LargeWriteLength, buffer);
            await context.Response.Body.WriteAsync(buffer, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private async Task SendSlowlyAsync(HttpContext context)
    {
        await context.Response.WriteAsync(Body[..(Body.Length / 2)], context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Slow.WaitToContinueAsync(context.RequestAborted);
        await context.Response.WriteAsync(Body[(Body.Length / 2)..], context.RequestAborted);
    }
}
