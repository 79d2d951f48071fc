using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ClusterProxy.Testing;

/// <summary>
/// A file on a disk that hangs: whoever opens it for reading waits until this is disposed. It is a FIFO that nobody writes to, which the
/// kernel treats alike.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class HangingFile : IDisposable
{
    private const int OwnerReadsAndWrites = 0x180;

    private readonly string _path;
    private readonly string _fifo;

    /// <param name="path">Takes the place of what is there.</param>
    public HangingFile(string path)
    {
        _path = path;
        _fifo = path + ".fifo";
        if (MakeFifo(_fifo, OwnerReadsAndWrites) != 0)
        {
            throw new IOException($"cannot make {_fifo}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        File.Delete(path);
        File.CreateSymbolicLink(path, _fifo);
    }

    /// <summary>The path leads to another disk; whoever waits for this one waits on.</summary>
    public void Replace(string content)
    {
        var next = _path + ".next";
        File.WriteAllText(next, content);
        File.Move(next, _path, overwrite: true);
    }

    /// <summary>The disk is back, for those who wait: each gets an empty file.</summary>
    public void Dispose()
    {
        // Both ways, so that it waits for nobody itself.
        using (new FileStream(_fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            File.Delete(_fifo);
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeFifo(string path, int mode);
}
