namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>
/// Where a program is that is named without a folder: on PATH, and nowhere else. .NET looks in the current folder first, so that whoever
/// can put a file there would have it run, with the credentials that were meant for another program.
/// </summary>
public static class ProgramOnPath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="name">A name, or a path, which is taken as it is.</param>
    /// <param name="path">The variable PATH; folders in it that are not absolute are passed over.</param>
    /// <returns>A path; null when no folder has such a program.</returns>
    public static string? Find(string name, string? path) => name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        ? name
        : (path ?? "").Split(Path.PathSeparator).Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, name)).FirstOrDefault(IsProgram);

    private static bool IsProgram(string file) =>
        File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & Executable) != UnixFileMode.None);
}
