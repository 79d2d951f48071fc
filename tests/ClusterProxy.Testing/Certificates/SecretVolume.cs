using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ClusterProxy.Testing.Certificates;

/// <summary>
/// A Secret volume as the kubelet lays it out: each file is a link into <c>..data</c>, which is a link to a dated folder; an update
/// makes a new folder, renames a link over <c>..data</c> and removes the old folder.
/// </summary>
/// <param name="path">Where it is mounted.</param>
[UnsupportedOSPlatform("windows")]
public sealed partial class SecretVolume(string path)
{
    private int _generation;

    /// <summary>The path that a flag names.</summary>
    public string this[string name] => Path.Combine(path, name);

    /// <summary>Replaces all files in one step.</summary>
    public void Publish(params (string Name, string Content)[] files)
    {
        var data = Path.Combine(path, "..data");
        var old = Directory.Exists(data) ? Path.GetFullPath(Path.Combine(path, new FileInfo(data).LinkTarget!)) : null;
        var folder = $"..2026_01_01_00_00_00.{++_generation}";
        Directory.CreateDirectory(Path.Combine(path, folder));
        foreach (var (name, content) in files)
        {
            File.WriteAllText(Path.Combine(path, folder, name), content);
        }

        var link = Path.Combine(path, "..data_tmp");
        File.CreateSymbolicLink(link, folder);
        if (Rename(link, data) != 0)
        {
            throw new IOException($"cannot rename {link}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        foreach (var (name, _) in files)
        {
            if (!File.Exists(this[name]))
            {
                File.CreateSymbolicLink(this[name], Path.Combine("..data", name));
            }
        }

        if (old is not null)
        {
            Directory.Delete(old, recursive: true);
        }
    }

    /// <summary>rename(2): the platform's own move does not replace a link to a folder.</summary>
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string from, string to);
}
