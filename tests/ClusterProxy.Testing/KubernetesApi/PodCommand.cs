using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>A command that really runs, on this machine, for a client behind <see cref="ICommandChannels"/>.</summary>
internal static class PodCommand
{
    public static async Task RunAsync(string[] command, ICommandChannels client, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var input = CopyInputAsync(process, client, cancellationToken);
            await Task.WhenAll(
                SendAsync(client, 1, process.StandardOutput.BaseStream, cancellationToken),
                SendAsync(client, 2, process.StandardError.BaseStream, cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            var status = process.ExitCode == 0
                ? """{"metadata":{},"status":"Success"}"""
                : $$$"""{"metadata":{},"status":"Failure","reason":"NonZeroExitCode","message":"exit","details":{"causes":[{"reason":"ExitCode","message":"{{{process.ExitCode}}}"}]}}""";
            await client.EndAsync(Encoding.UTF8.GetBytes(status), cancellationToken);
            await input;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task CopyInputAsync(Process process, ICommandChannels client, CancellationToken cancellationToken)
    {
        try
        {
            await client.CopyInputAsync(process.StandardInput.BaseStream, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            // The client has gone, or the command reads no more.
        }
    }

    private static async Task SendAsync(ICommandChannels client, int channel, Stream output, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (await output.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await client.SendAsync(channel, buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
