using System.Runtime.InteropServices;

namespace ClusterProxy.Hosting.Memory;

/// <summary>What native code, OpenSSL above all, has allocated of glibc's heap.</summary>
internal static class NativeHeap
{
    /// <summary>
    /// Gives pages that nothing lives on back to the kernel. By itself glibc does so only at the end of its first heap, and each of the
    /// others keeps what was freed there: handshakes that came at one time leave megabytes. Where there is another libc nothing happens.
    /// </summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Trim(0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // musl has no such call.
        }
    }

    /// <param name="pad">Bytes to leave at the end of the first heap.</param>
    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nuint pad);
}
