using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>The process metrics that every Prometheus client library exports, and the runtime's own in place of Go's.</summary>
public sealed class ProcessMetrics
{
    public const string MeterName = "ClusterProxy.Process";

    public ProcessMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        PublishProcess(meter);
        PublishRuntime(meter);
    }

    private static void PublishProcess(Meter meter)
    {
        var start = StartSeconds();
        meter.CreateObservableCounter(
            "process_cpu_seconds_total", static () => Environment.CpuUsage.TotalTime.TotalSeconds,
            description: "User and system CPU time, in seconds.");
        meter.CreateObservableGauge(
            "process_resident_memory_bytes", static () => Environment.WorkingSet,
            description: "Resident memory, in bytes.");
        meter.CreateObservableGauge("process_start_time_seconds", () => start, description: "Start of the process, in seconds since 1970.");
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        meter.CreateObservableGauge(
            "process_virtual_memory_bytes", static () => ProcFile.VirtualBytes(),
            description: "Virtual memory, in bytes.");
        meter.CreateObservableGauge("process_open_fds", static () => ProcFile.OpenFiles(), description: "Open file descriptors.");
        meter.CreateObservableGauge(
            "process_max_fds", static () => ProcFile.MaxOpenFiles(),
            description: "Limit of open file descriptors.");
    }

    private static void PublishRuntime(Meter meter)
    {
        meter.CreateObservableGauge(
            "dotnet_gc_heap_bytes", static () => GC.GetTotalMemory(forceFullCollection: false),
            description: "Managed heap, garbage included, in bytes.");
        meter.CreateObservableGauge(
            "dotnet_gc_committed_bytes", static () => GC.GetGCMemoryInfo().TotalCommittedBytes,
            description: "Memory the collector holds, in bytes.");
        meter.CreateObservableCounter("dotnet_gc_collections_total", Collections, description: "Garbage collections by generation.");
        meter.CreateObservableCounter(
            "dotnet_gc_pause_seconds_total", static () => GC.GetTotalPauseDuration().TotalSeconds,
            description: "Time all threads stood still for collections, in seconds.");
        meter.CreateObservableGauge("dotnet_threadpool_threads", static () => ThreadPool.ThreadCount, description: "Threads of the pool.");
        meter.CreateObservableGauge(
            "dotnet_threadpool_queue_length", static () => ThreadPool.PendingWorkItemCount,
            description: "Work items that wait for a thread.");
    }

    private static IEnumerable<Measurement<long>> Collections()
    {
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            // A collection of a generation also collects the younger ones; each is counted once here.
            var older = generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0;
            yield return new(GC.CollectionCount(generation) - older, new KeyValuePair<string, object?>("generation", $"gen{generation}"));
        }
    }

    private static double StartSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
    }
}
