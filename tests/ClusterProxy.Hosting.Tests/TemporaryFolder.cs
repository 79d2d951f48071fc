namespace ClusterProxy.Hosting.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cp-").FullName;

    public string Write(string name, string content)
    {
        var path = this[name];
        File.WriteAllText(path, content);
        return path;
    }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
