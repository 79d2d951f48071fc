using System.Globalization;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>What only Linux' /proc tells; proc(5) describes the fields.</summary>
internal static class ProcFile
{
    public static long VirtualBytes()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[0];
        return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    /// <summary>The listing opens one itself, which is not counted.</summary>
    public static long OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount() - 1;

    public static double MaxOpenFiles()
    {
        const string Field = "Max open files";
        var line = File.ReadLines("/proc/self/limits").First(static l => l.StartsWith(Field, StringComparison.Ordinal));
        var soft = line[Field.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return soft == "unlimited" ? double.PositiveInfinity : double.Parse(soft, CultureInfo.InvariantCulture);
    }
}
