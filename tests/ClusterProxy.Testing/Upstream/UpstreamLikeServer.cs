using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Testing.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Testing.Upstream;

/// <summary>
/// A server that behaves as upstream's where it hurts: one loop reads an agent's tunnel and writes each packet to its
/// frontend before it reads the next; one frontend's packets wait in a queue of ten, and their sender in the agent's lock.
/// </summary>
public sealed class UpstreamLikeServer : IAsyncDisposable
{
    private const int QueueLength = 10;

    private readonly WebApplication _app;
    private readonly UpstreamWire _wire = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, UpstreamStream> _pending = new();
    private readonly ConcurrentDictionary<long, UpstreamStream> _established = new();
    private volatile UpstreamStream? _agent;

    private UpstreamLikeServer(WebApplication app) => _app = app;

    public int AgentPort { get; private set; }

    public int FrontendPort { get; private set; }

    public ObservedCount Agents { get; } = new();

    /// <summary>Dials and connections that it still knows.</summary>
    public int Count => _pending.Count + _established.Count;

    public static async Task<UpstreamLikeServer> StartAsync(TestCertificates agents, TestCertificates frontends)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AllowAlternateSchemes = true;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            foreach (var plane in (TestCertificates[])[agents, frontends])
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen =>
                {
                    listen.Protocols = HttpProtocols.Http2;
                    listen.UseHttps(plane.Server().Certificate, https =>
                    {
                        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                        https.AllowAnyClientCertificate();
                    });
                });
            }
        });
        var app = builder.Build();
        var server = new UpstreamLikeServer(app);
        app.MapPost(TunnelHeaders.ConnectMethod, server.ServeAgentAsync);
        app.MapPost(TunnelHeaders.ProxyMethod, server.ServeFrontendAsync);
        await app.StartAsync().DefaultTimeout();
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        var ports = addresses.Select(static a => new Uri(a).Port).ToList();
        (server.AgentPort, server.FrontendPort) = (ports[0], ports[1]);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _stop.Dispose();
        _wire.Verify();
    }

    private async Task ServeAgentAsync(HttpContext context)
    {
        context.Response.Headers["serverid"] = "upstream-like";
        context.Response.Headers["servercount"] = "1";
        using var stream = await OpenAsync(context);
        _agent = stream;
        Agents.Increment();
        try
        {
            await GuardAsync(ReadAgentAsync(stream));
        }
        finally
        {
            _agent = null;
            Agents.Decrement();
            foreach (var (id, frontend) in _established)
            {
                await GuardAsync(ToFrontendAsync(frontend, new() { Type = PacketType.CloseRsp, CloseResponse = new() { ConnectID = id } }));
            }
        }
    }

    private async Task ReadAgentAsync(UpstreamStream agent)
    {
        while (await agent.ReceiveAsync(_stop.Token) is { } packet)
        {
            var id = packet.Type switch
            {
                PacketType.Data => packet.Data.ConnectID,
                PacketType.CloseRsp => packet.CloseResponse.ConnectID,
                _ => 0,
            };
            UpstreamStream? frontend;
            if (packet.Type == PacketType.DialRsp)
            {
                var (random, connectId) = (packet.DialResponse.Random, packet.DialResponse.ConnectID);
                if (!_pending.TryRemove(random, out frontend))
                {
                    await CloseAsync(agent, connectId);
                    continue;
                }

                if (connectId != 0)
                {
                    _established[connectId] = frontend;
                }
            }
            else if (!_established.TryGetValue(id, out frontend))
            {
                if (packet.Type == PacketType.Data)
                {
                    await CloseAsync(agent, id);
                }

                continue;
            }

            if (packet.Type == PacketType.CloseRsp)
            {
                _established.TryRemove(id, out _);
            }

            // The whole tunnel waits here for one frontend.
            await GuardAsync(ToFrontendAsync(frontend, packet));
        }
    }

    private async Task ServeFrontendAsync(HttpContext context)
    {
        using var stream = await OpenAsync(context);
        var queue = Channel.CreateBounded<Packet>(QueueLength);
        var forwarding = GuardAsync(ForwardAsync(queue.Reader, stream));
        await GuardAsync(QueueAsync(stream, queue.Writer));
        queue.Writer.TryComplete();
        await forwarding;
        foreach (var (random, _) in _pending.Where(p => p.Value == stream))
        {
            _pending.TryRemove(random, out _);
        }

        foreach (var (id, _) in _established.Where(p => p.Value == stream))
        {
            _established.TryRemove(id, out _);
            await GuardAsync(_agent is { } agent ? CloseAsync(agent, id) : Task.CompletedTask);
        }
    }

    private async Task QueueAsync(UpstreamStream frontend, ChannelWriter<Packet> queue)
    {
        while (await frontend.ReceiveAsync(_stop.Token) is { } packet)
        {
            await queue.WriteAsync(packet, _stop.Token);
        }
    }

    private async Task ForwardAsync(ChannelReader<Packet> queue, UpstreamStream frontend)
    {
        await foreach (var packet in queue.ReadAllAsync(_stop.Token))
        {
            if (packet.Type == PacketType.DialReq)
            {
                _pending[packet.DialRequest.Random] = frontend;
            }

            await (_agent?.SendAsync(packet, _stop.Token) ?? throw new IOException("no agent"));
        }
    }

    private Task ToFrontendAsync(UpstreamStream frontend, Packet packet) => frontend.SendAsync(packet, _stop.Token);

    private Task CloseAsync(UpstreamStream agent, long connectId) => agent.SendAsync(
        new() { Type = PacketType.CloseReq, CloseRequest = new() { ConnectID = connectId } }, _stop.Token);

    private async Task<UpstreamStream> OpenAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        context.Response.AppendTrailer("grpc-status", "0");
        await context.Response.StartAsync(_stop.Token);
        await context.Response.Body.FlushAsync(_stop.Token);
        return new UpstreamStream(_ => Task.FromResult(context.Request.BodyReader), context.Response.BodyWriter, _wire);
    }

    private static async Task GuardAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException or
            Microsoft.AspNetCore.Connections.ConnectionAbortedException or ChannelClosedException)
        {
            // That stream is gone; the others go on.
        }
    }
}
