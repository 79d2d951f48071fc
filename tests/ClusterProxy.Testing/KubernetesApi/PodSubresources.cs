using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// What kubelets serve behind pods: logs that go on, exec over WebSocket (v5.channel.k8s.io) that really runs the command on this
/// machine, and an upgrade of any other protocol, such as SPDY, that sends back what it gets.
/// </summary>
internal sealed class PodSubresources(FakeKubernetesApi api)
{
    private const string Channels = "v5.channel.k8s.io";

    /// <returns>False for any other path.</returns>
    public async Task<bool> TryServeAsync(HttpContext context, RecordedRequest request)
    {
        switch (request.Path.Split('/'))
        {
            case ["", "api", "v1", "namespaces", _, "pods", _, "log"]:
                await LogAsync(context);
                return true;
            case ["", "api", "v1", "namespaces", _, "pods", _, "exec" or "attach" or "portforward"]:
                await UpgradeAsync(context);
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

    private async Task UpgradeAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            if (!context.WebSockets.WebSocketRequestedProtocols.Contains(Channels))
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync(Channels);
            await new ExecSession(socket, [.. context.Request.Query["command"].Select(static c => c!)]).RunAsync(context.RequestAborted);
            return;
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
        await using var stream = await upgrade.UpgradeAsync();
        await stream.CopyToAsync(stream, context.RequestAborted);
    }

    /// <summary>A command with its streams on channels: 0 in, 1 out, 2 errors, 3 how it ended; 255 closes one.</summary>
    private sealed class ExecSession(WebSocket socket, string[] command)
    {
        private readonly SemaphoreSlim _sending = new(1);

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var input = ReceiveAsync(process, cancellationToken);
            await Task.WhenAll(
                SendAsync(1, process.StandardOutput.BaseStream, cancellationToken), SendAsync(2, process.StandardError.BaseStream, cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            var status = process.ExitCode == 0
                ? """{"metadata":{},"status":"Success"}"""
                : $$$"""{"metadata":{},"status":"Failure","reason":"NonZeroExitCode","message":"exit","details":{"causes":[{"reason":"ExitCode","message":"{{{process.ExitCode}}}"}]}}""";
            await SendAsync(3, Encoding.UTF8.GetBytes(status), cancellationToken);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
            await input;
        }

        private async Task ReceiveAsync(Process process, CancellationToken cancellationToken)
        {
            var buffer = new byte[64 * 1024];
            var input = process.StandardInput.BaseStream;
            var channel = -1;
            try
            {
                while (await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken) is { MessageType: not WebSocketMessageType.Close } part)
                {
                    var bytes = buffer.AsMemory(0, part.Count);
                    if (channel < 0 && part.Count > 0)
                    {
                        channel = bytes.Span[0];
                        bytes = bytes[1..];
                    }

                    if (channel == 0)
                    {
                        await input.WriteAsync(bytes, cancellationToken);
                        await input.FlushAsync(cancellationToken);
                    }
                    else if (channel == 255 && bytes is { Length: 1 } && bytes.Span[0] == 0)
                    {
                        input.Close();
                    }

                    channel = part.EndOfMessage ? -1 : channel;
                }
            }
            catch (Exception e) when (e is WebSocketException or IOException)
            {
                // The client has gone, or the command reads no more.
            }
        }

        private async Task SendAsync(byte channel, Stream output, CancellationToken cancellationToken)
        {
            var buffer = new byte[32 * 1024];
            while (await output.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                await SendAsync(channel, buffer.AsMemory(0, read), cancellationToken);
            }
        }

        private async Task SendAsync(byte channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            byte[] message = [channel, .. bytes.Span];
            await _sending.WaitAsync(cancellationToken);
            try
            {
                await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
            finally
            {
                _sending.Release();
            }
        }
    }
}
