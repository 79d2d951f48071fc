using System.ComponentModel;
using System.Diagnostics;
using ClusterProxy.Cli.Processes;
using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Cli.Kubectl;

/// <summary>One run of kubectl with this program's terminal.</summary>
internal static class KubectlProcess
{
    /// <param name="program">A path, or a name that is looked for on PATH.</param>
    /// <param name="arguments">Passed on as they are.</param>
    /// <param name="variables">Set beside those of this process.</param>
    /// <param name="cancellationToken">Asks kubectl to end; it is waited for all the same.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<int> RunAsync(
        string program, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> variables, CancellationToken cancellationToken)
    {
        var file = ProgramOnPath.Find(program, Environment.GetEnvironmentVariable("PATH"))
            ?? throw new IOException($"{program}: cannot be run (it is not on PATH); install kubectl, or say where it is with --kubectl");
        var start = new ProcessStartInfo(file, arguments);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{program}: cannot be run ({e.Message}); install kubectl, or say where it is with --kubectl", e);
        }

        // A terminal's Ctrl-C reaches kubectl by itself; other signals do not.
        await using var ending = cancellationToken.Register(() => PosixKill.Terminate(process.Id));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
