using System.Runtime.CompilerServices;

namespace ClusterProxy.Testing;

/// <summary>Every await of a test goes through here, so that a hang names its file and line.</summary>
public static class TaskTimeouts
{
    /// <summary>Long enough for a busy two-core machine, short enough that a hang is found within a run.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(30);

    public static async Task DefaultTimeout(
        this Task task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        try
        {
            await task.WaitAsync(Default);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw new TimeoutException($"{file}:{line} did not finish within {Default.TotalSeconds} s", e);
        }
    }

    public static async Task<T> DefaultTimeout<T>(
        this Task<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        await DefaultTimeout((Task)task, file, line);
        return await task;
    }

    public static Task<T> DefaultTimeout<T>(
        this ValueTask<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        task.AsTask().DefaultTimeout(file, line);

    public static Task DefaultTimeout(
        this ValueTask task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        task.AsTask().DefaultTimeout(file, line);
}
