namespace ClusterProxy.Cli;

/// <summary>A temporary folder of one run, mode 0700, for what others must not read. Removed on dispose.</summary>
/// <param name="prefix">How its name begins; short where a Unix socket's path, 107 bytes in all, is to lie below it.</param>
internal sealed class PrivateFolder(string prefix) : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory(prefix).FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a text that only the owner may read.</summary>
    public string Write(string name, string text)
    {
        var path = File(name);
        OwnerFile.Create(path, text);
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
