namespace ClusterProxy.Testing;

/// <summary>Finds the working copy a test runs from: compile-time paths are mapped away in deterministic builds.</summary>
public static class RepositoryRoot
{
    public static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(directory.FullName, "ClusterProxy.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no ClusterProxy.sln above {AppContext.BaseDirectory}");
    }

    public static string File(params string[] parts) => System.IO.Path.Combine([Find(), .. parts]);
}
