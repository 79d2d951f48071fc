using System.Text;

namespace ClusterProxy.Hosting.Endpoints;

/// <summary>What the runtime says about itself without stopping.</summary>
internal static class RuntimeReport
{
    public static string Threads()
    {
        ThreadPool.GetMinThreads(out var minimum, out _);
        ThreadPool.GetMaxThreads(out var maximum, out _);
        return $"""
            pool threads     {ThreadPool.ThreadCount} (minimum {minimum}, maximum {maximum})
            queued work      {ThreadPool.PendingWorkItemCount}
            completed work   {ThreadPool.CompletedWorkItemCount}
            lock contentions {Monitor.LockContentionCount}
            timers           {Timer.ActiveCount}
            processors       {Environment.ProcessorCount}

            """;
    }

    public static string Memory()
    {
        var info = GC.GetGCMemoryInfo();
        var text = new StringBuilder()
            .Append($"heap             {GC.GetTotalMemory(forceFullCollection: false)} bytes\n")
            .Append($"committed        {info.TotalCommittedBytes} bytes\n")
            .Append($"allocated so far {GC.GetTotalAllocatedBytes()} bytes\n")
            .Append($"working set      {Environment.WorkingSet} bytes\n")
            .Append($"pause total      {GC.GetTotalPauseDuration().TotalMilliseconds} ms\n")
            .Append($"memory limit     {info.TotalAvailableMemoryBytes} bytes\n");
        for (var generation = 0; generation < info.GenerationInfo.Length; generation++)
        {
            var name = generation switch
            {
                3 => "large objects",
                4 => "pinned objects",
                _ => $"generation {generation}",
            };
            var size = info.GenerationInfo[generation];
            text.Append($"{name,-16} {size.SizeAfterBytes} bytes, {size.FragmentationAfterBytes} free within");
            text.Append(generation <= GC.MaxGeneration ? $", {GC.CollectionCount(generation)} collections\n" : "\n");
        }

        return text.ToString();
    }
}
