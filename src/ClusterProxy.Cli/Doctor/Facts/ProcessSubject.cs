namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>By which names a server knows this process at the other end of a Unix socket; Linux only.</summary>
internal static class ProcessSubject
{
    private const string Status = "/proc/self/status";

    public static IReadOnlySet<string> Names() => OperatingSystem.IsLinux()
        ? File.ReadLines(Status).Select(Name).OfType<string>().ToHashSet(StringComparer.Ordinal)
        : new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The effective one is the second number, which is what the kernel tells the server.</summary>
    private static string? Name(string line) => line.Split('\t') switch
    {
        ["Uid:", _, var uid, ..] => $"uid:{uid}",
        ["Gid:", _, var gid, ..] => $"gid:{gid}",
        _ => null,
    };
}
