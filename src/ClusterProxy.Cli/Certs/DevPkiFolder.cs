using System.Text;

namespace ClusterProxy.Cli.Certs;

/// <summary>
/// Writes the PKI so that keys are never readable by others, not even for a moment, and so that programs which follow the files never
/// find one missing or half-written.
/// </summary>
internal static class DevPkiFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <returns>The files that are already there.</returns>
    public static IReadOnlyList<string> Existing(string folder, IReadOnlyList<(string Name, string Pem)> files) =>
        [.. files.Select(f => Path.Combine(folder, f.Name)).Where(File.Exists)];

    public static void Write(string folder, IReadOnlyList<(string Name, string Pem)> files)
    {
        CreateFolder(folder);
        foreach (var (name, pem) in files)
        {
            var path = Path.Combine(folder, name);

            // A new file under another name: an old one would keep its old mode.
            var unfinished = path + ".tmp";
            File.Delete(unfinished);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = name.EndsWith(".key", StringComparison.Ordinal)
                    ? OwnerOnly
                    : OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            }

            using (var file = new FileStream(unfinished, options))
            {
                file.Write(Encoding.ASCII.GetBytes(pem));
            }

            File.Move(unfinished, path, overwrite: true);
        }
    }

    private static void CreateFolder(string folder)
    {
        // The mode of a folder that is there is its owner's affair: a service may have to get into it.
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnlyFolder);
        }
    }
}
