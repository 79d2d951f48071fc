using System.Globalization;

namespace ClusterProxy.LoadTests.Measuring;

/// <summary>Reads processes' resource use from /proc.</summary>
internal static class ProcFiles
{
    // USER_HZ, which is 100 on every Linux that .NET runs on, whatever the kernel's own tick is.
    private const double TicksPerSecond = 100;

    /// <summary>The processes with all their descendants: sshd does its work in children.</summary>
    public static ProcessUse ReadTrees(IEnumerable<int> processIds)
    {
        var children = ReadChildren();
        var total = default(ProcessUse);
        var pending = new Stack<int>(processIds);
        while (pending.TryPop(out var id))
        {
            total += Read(id);
            foreach (var child in children[id])
            {
                pending.Push(child);
            }
        }

        return total;
    }

    /// <summary>One process; zeros when it has ended.</summary>
    public static ProcessUse Read(int processId)
    {
        if (ReadStat(processId) is not { } stat)
        {
            return default;
        }

        // Fields 14 and 15 of proc(5), counted from field 3, the first behind the name.
        var ticks = Parse(stat[11]) + Parse(stat[12]);
        var pages = Parse(stat[21]);
        return new ProcessUse(ticks / TicksPerSecond, pages * Environment.SystemPageSize, CountHandles(processId));
    }

    private static ILookup<int, int> ReadChildren() =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Parent: ReadStat(id) is { } stat ? (int)Parse(stat[1]) : 0))
            .ToLookup(pair => pair.Parent, pair => pair.Id);

    private static string[]? ReadStat(int processId)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{processId}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int CountHandles(int processId)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static long Parse(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
