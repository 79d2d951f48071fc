using System.Runtime.InteropServices;

namespace ClusterProxy.Cli.Processes;

/// <summary>kill(2): the platform can start and kill programs, but not ask them to end.</summary>
internal static class PosixKill
{
    private const int SigTerm = 15;

    /// <summary>False where there are no signals, or when the process is gone.</summary>
    public static bool Terminate(int processId) => !OperatingSystem.IsWindows() && Kill(processId, SigTerm) == 0;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
