using System.ComponentModel;
using System.Diagnostics;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>One run of an exec plugin: no shell, no terminal, bounded in time and output, its whole tree killed when it overstays.</summary>
internal sealed class ExecPluginRun(ExecPlugin plugin, KubeConfigCluster cluster, TimeSpan timeout, TimeProvider time)
{
    private const string InfoVariable = "KUBERNETES_EXEC_INFO";
    private const int MaxOutput = 1 << 20;

    /// <exception cref="KubeConfigException">It is not there, failed, or took too long.</exception>
    public async Task<byte[]> OutputAsync(CancellationToken cancellationToken)
    {
        if (plugin.NeedsTerminal)
        {
            throw Failed("wants a terminal (interactiveMode Always), which this process has not; use a plugin that runs alone");
        }

        using var process = Start();
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            process.StandardInput.Close();
            var output = ReadAsync(process.StandardOutput.BaseStream, either.Token);
            var errors = ReadAsync(process.StandardError.BaseStream, either.Token);
            await Task.WhenAll(output, errors, process.WaitForExitAsync(either.Token)).ConfigureAwait(false);
            return process.ExitCode == 0
                ? await output.ConfigureAwait(false)
                : throw Failed($"ended with code {process.ExitCode}: {LastLine(await errors.ConfigureAwait(false))}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"did not end within {timeout.TotalSeconds:0} s");
        }
        finally
        {
            Kill(process);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var output = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            // The rest is read and dropped, so that the plugin can end.
            output.Write(buffer, 0, Math.Min(read, MaxOutput - (int)output.Length));
        }

        return output.ToArray();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private static string LastLine(byte[] errors) =>
        System.Text.Encoding.UTF8.GetString(errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault("it said nothing");

    private Process Start()
    {
        var file = ProgramOnPath.Find(plugin.Command, Environment.GetEnvironmentVariable("PATH"))
            ?? throw Failed($"is not on PATH{Hint()}");
        var start = new ProcessStartInfo(file, plugin.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[InfoVariable] = ExecInfo.Json(plugin, cluster);
        try
        {
            return Process.Start(start) ?? throw Failed("did not start");
        }
        catch (Win32Exception e)
        {
            throw new KubeConfigException($"exec plugin {plugin.Command} cannot be started ({e.Message}){Hint()}", e);
        }
    }

    private string Hint() => plugin.InstallHint is { Length: > 0 } text ? $": {text.Trim()}" : "; install it, or put it on PATH";

    private KubeConfigException Failed(string what) => new($"exec plugin {plugin.Command} {what}");
}
