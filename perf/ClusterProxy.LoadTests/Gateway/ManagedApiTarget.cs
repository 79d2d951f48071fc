using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>Answers as a kube-apiserver would, as far as load goes: small objects, long lists, watches, exec over WebSocket.</summary>
internal sealed class ManagedApiTarget : IAsyncDisposable
{
    public const int SmallBytes = 1024;
    public const long ListBytes = 50_000_000;

    private static readonly byte[] _small = new byte[SmallBytes];
    private static readonly byte[] _part = new byte[64 * 1024];
    private static readonly byte[] _event = [.. Enumerable.Repeat((byte)'x', 511), (byte)'\n'];

    private readonly WebApplication _application;
    private readonly CancellationTokenSource _end = new();
    private Task _beat = Task.CompletedTask;
    private TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ManagedApiTarget(WebApplication application) => _application = application;

    public int Port { get; private set; }

    /// <summary>Watches that are open.</summary>
    public ObservedCount Watches { get; } = new();

    public static async Task<ManagedApiTarget> StartAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 2000;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
        });
        var target = new ManagedApiTarget(builder.Build());
        target._application.UseWebSockets();
        target._application.Run(target.ServeAsync);
        await target._application.StartAsync();
        target.Port = new Uri(target._application.Urls.Single()).Port;
        target._beat = target.BeatAsync();
        return target;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beat.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _end.Dispose();
    }

    private Task ServeAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/api/v1/namespaces/default/configmaps/small" => SmallAsync(context),
        "/api/v1/pods" when context.Request.Query.ContainsKey("watch") => WatchAsync(context),
        "/api/v1/pods" => ListAsync(context),
        { } path when path.EndsWith("/exec", StringComparison.Ordinal) => ExecAsync(context),
        _ => Task.CompletedTask,
    };

    private static async Task SmallAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = SmallBytes;
        await context.Response.BodyWriter.WriteAsync(_small, context.RequestAborted);
    }

    private static async Task ListAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        for (var left = ListBytes; left > 0; left -= _part.Length)
        {
            context.Response.BodyWriter.Write(_part.AsSpan(0, (int)Math.Min(left, _part.Length)));
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private async Task WatchAsync(HttpContext context)
    {
        Watches.Increment();
        try
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.FlushAsync(context.RequestAborted);
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await _second.Task.WaitAsync(context.RequestAborted);
                await context.Response.BodyWriter.WriteAsync(_event, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
        finally
        {
            Watches.Decrement();
        }
    }

    private static async Task ExecAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { Count: > 0 } message)
        {
            await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(_end.Token))
        {
            var told = _second;
            _second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            told.SetResult();
        }
    }
}
