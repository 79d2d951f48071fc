using System.Threading.Channels;
using ClusterProxy.Testing.Spdy;
using ClusterProxy.Testing.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// What kubelets serve behind pods: logs that go on; exec and attach, over WebSocket and SPDY, that really run the command on this
/// machine (for attach <c>cat</c>); port-forward, over SPDY, also inside a WebSocket, to ports of this machine. An upgrade that asks for
/// none of a command's streams gets back what it sends.
/// </summary>
internal sealed class PodSubresources(FakeKubernetesApi api)
{
    private const string Spdy = "SPDY/3.1";
    private const string SpdyPorts = $"{Spdy}+{PodPorts.Protocol}";

    /// <returns>False for any other path.</returns>
    public async Task<bool> TryServeAsync(HttpContext context, RecordedRequest request)
    {
        switch (request.Path.Split('/'))
        {
            case ["", "api", "v1", "namespaces", _, "pods", _, "log"]:
                await LogAsync(context);
                return true;
            case ["", "api", "v1", "namespaces", _, "pods", _, ("exec" or "attach" or "portforward") and var subresource]:
                await (context.WebSockets.IsWebSocketRequest ? WebSocketAsync(context, subresource) : UpgradeAsync(context, subresource));
                return true;
            default:
                return false;
        }
    }

    private async Task LogAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync("started\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        if (context.Request.Query["follow"] == "true")
        {
            await foreach (var line in api.LogLines.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
    }

    private async Task WebSocketAsync(HttpContext context, string subresource)
    {
        var isForward = subresource == "portforward";
        var protocol = isForward ? SpdyPorts : WebSocketChannels.Protocol;
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(protocol) || (isForward && api.RefusesForwardingWebSockets))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        // Not as an argument: the platform takes no name with a slash in it, which SPDY's has.
        context.Response.Headers.SecWebSocketProtocol = protocol;
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        if (isForward)
        {
            await using var stream = new WebSocketBytes(socket);
            await ServeSpdyAsync(context, stream, subresource);
        }
        else
        {
            await PodCommand.RunAsync(CommandOf(context, subresource), new WebSocketChannels(socket), context.RequestAborted);
        }
    }

    private static async Task UpgradeAsync(HttpContext context, string subresource)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var isSpdy = context.Request.Headers.Upgrade == Spdy && (subresource == "portforward" || SpdyChannels.AreAsked(context.Request));
        context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
        if (isSpdy)
        {
            context.Response.Headers["X-Stream-Protocol-Version"] = subresource == "portforward" ? PodPorts.Protocol : SpdyChannels.Protocol;
        }

        await using var stream = await upgrade.UpgradeAsync();
        await (isSpdy ? ServeSpdyAsync(context, stream, subresource) : stream.CopyToAsync(stream, context.RequestAborted));
    }

    private static async Task ServeSpdyAsync(HttpContext context, Stream stream, string subresource)
    {
        var opened = Channel.CreateUnbounded<SpdyStream>();
        using var spdy = new SpdyConnection(stream, s => opened.Writer.TryWrite(s));
        var running = RunAsync(spdy, opened.Writer, context.RequestAborted);
        if (subresource == "portforward")
        {
            await PodPorts.ForwardAsync(opened.Reader, context.RequestAborted);
        }
        else
        {
            var channels = await SpdyChannels.AcceptAsync(context.Request, opened.Reader, context.RequestAborted);
            await PodCommand.RunAsync(CommandOf(context, subresource), channels, context.RequestAborted);
        }

        // The client goes when it has read all.
        await running;
    }

    private static async Task RunAsync(SpdyConnection spdy, ChannelWriter<SpdyStream> opened, CancellationToken cancellationToken)
    {
        try
        {
            await spdy.RunAsync(cancellationToken);
        }
        finally
        {
            opened.Complete();
        }
    }

    private static string[] CommandOf(HttpContext context, string subresource) =>
        subresource == "attach" ? ["cat"] : [.. context.Request.Query["command"].Select(static c => c!)];
}
