using System.Runtime.InteropServices;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>
/// Where a program is that is named without a folder: beside this one, or on PATH, and nowhere else. .NET looks in the current folder, too,
/// and before PATH, so that whoever can put a file there would have it run, with the credentials that were meant for another program.
/// </summary>
public static class ProgramOnPath
{
    /// <summary>X_OK.</summary>
    private const int MayRun = 1;

    /// <param name="name">A name, or a path, which is taken as it is.</param>
    /// <param name="path">The variable PATH; folders in it that are not absolute are passed over.</param>
    /// <returns>A path; null when no folder has such a program.</returns>
    public static string? Find(string name, string? path) => name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        ? name
        : (path ?? "").Split(Path.PathSeparator).Prepend(Path.GetDirectoryName(Environment.ProcessPath) ?? "").Where(Path.IsPathRooted)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(IsProgram);

    private static bool IsProgram(string file) => File.Exists(file) && (OperatingSystem.IsWindows() || NativeMethods.Access(file, MayRun) == 0);

    private static class NativeMethods
    {
        /// <summary>One that only others may run is passed over, as every shell does.</summary>
        [DllImport("libc", EntryPoint = "access", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
    }
}
