namespace ClusterProxy.Cli;

/// <summary>Files that are never readable by others, not even for a moment.</summary>
internal static class OwnerFile
{
    /// <exception cref="IOException">There is one already, or it cannot be made.</exception>
    public static void Create(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
