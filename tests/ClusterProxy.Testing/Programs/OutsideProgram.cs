namespace ClusterProxy.Testing.Programs;

/// <summary>Programs that a test machine may lack: a test that needs one is skipped by its name.</summary>
public static class OutsideProgram
{
    /// <summary>The program's path, or null when PATH has none.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);

    public static bool IsInstalled(string name) => Find(name) is not null;
}
