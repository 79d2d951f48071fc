namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>A folder of the demo's own, mode 0700: it holds keys. Removed on dispose.</summary>
internal sealed class DemoFolder : IDisposable
{
    /// <summary>Short, since a Unix socket's path below it may have 107 bytes in all.</summary>
    public const string Prefix = "cp-demo-";

    public DemoFolder() => Path = Directory.CreateTempSubdirectory(Prefix).FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a text that only the owner may read.</summary>
    public string Write(string name, string text)
    {
        var path = File(name);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
        return path;
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
