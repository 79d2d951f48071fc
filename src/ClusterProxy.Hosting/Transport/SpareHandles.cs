using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// Handles of this process that connections of others must not take. Without one the runtime can load no more code, and looks at its
/// memory no more, of which it ends sooner or later; certificates and policies cannot be read again either.
/// </summary>
internal static class SpareHandles
{
    /// <summary>Far more than a program opens for itself at one time; of a small limit a quarter.</summary>
    private const ulong Kept = 64;

    /// <summary>RLIMIT_NOFILE.</summary>
    private const int OpenFiles = 7;

    /// <summary>What is wrong with keeping the socket; null when nothing is. The system gives the lowest number that is free.</summary>
    public static string? Objection(Socket socket)
    {
        if (GetLimit(OpenFiles, out var limit) != 0)
        {
            return null;
        }

        var kept = Math.Min(Kept, limit.Soft / 4);
        return (ulong)socket.Handle >= limit.Soft - kept
            ? $"{limit.Soft - kept} of {limit.Soft} handles are taken, and the program needs the others itself"
            : null;
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
