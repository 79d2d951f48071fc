namespace ClusterProxy.Hosting.Certificates;

internal static class PemFile
{
    /// <summary>Certificates are kilobytes; a path that leads to a log or a device is a slip, not a bundle.</summary>
    private const long MaxBytes = 4 << 20;

    /// <exception cref="StartupException">Absent, unreadable or absurdly large.</exception>
    public static string Read(string flag, string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.BaseStream.Length <= MaxBytes
                ? reader.ReadToEnd()
                : throw new StartupException($"--{flag}={path}: larger than {MaxBytes >> 20} MiB, so no PEM file; check the path");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StartupException($"--{flag}={path}: no such file; check the path or create the file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            var remedy = Directory.Exists(path)
                ? "it is a directory; name the file in it"
                : "permission denied; make it readable for this user";
            throw new StartupException($"--{flag}={path}: {remedy}", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new StartupException($"--{flag}={path}: cannot be read ({e.Message}); check the path", e);
        }
    }
}
