namespace ClusterProxy.Hosting.Reloading;

/// <summary>A small text file that a flag names.</summary>
/// <param name="Flag">Without dashes, as it appears in errors.</param>
/// <param name="Path">Followed anew at each read, so that a symbolic link may be swapped.</param>
public sealed record FlagFile(string Flag, string Path)
{
    /// <summary>Such files are kilobytes; a path that leads to a log or a device is a slip.</summary>
    private const long MaxBytes = 4 << 20;

    /// <summary>Four looks a second at each file are the most that an idle process allocates; the platform's own sizes are twelve times as much.</summary>
    private const int BufferSize = 1024;

    /// <exception cref="StartupException">Absent, unreadable or absurdly large.</exception>
    public string Read()
    {
        try
        {
            using var reader = new StreamReader(
                new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0), bufferSize: BufferSize);
            return reader.BaseStream.Length <= MaxBytes
                ? reader.ReadToEnd()
                : throw new StartupException($"{this}: larger than {MaxBytes >> 20} MiB, so not the file that is meant; check the path");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StartupException($"{this}: no such file; check the path or create the file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            var remedy = Directory.Exists(Path)
                ? "it is a directory; name the file in it"
                : "permission denied; make it readable for this user";
            throw new StartupException($"{this}: {remedy}", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new StartupException($"{this}: cannot be read ({e.Message}); check the path", e);
        }
    }

    public override string ToString() => $"--{Flag}={Path}";
}
