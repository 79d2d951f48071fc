using System.Runtime.InteropServices;

namespace ClusterProxy.LoadTests.Report;

/// <summary>What the figures were taken on; no host name.</summary>
internal static class MachineText
{
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        return $"{Environment.ProcessorCount} × {model ?? "unknown processor"}, {memory:0} GiB, {RuntimeInformation.OSDescription}, "
            + $"{RuntimeInformation.FrameworkDescription}";
    }
}
