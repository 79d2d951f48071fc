namespace ClusterProxy.Agent.Servers;

/// <summary>
/// The service account token, read anew for each connection. A read from a disk that hangs returns when it likes, or never, and nothing
/// takes its thread out of it: each has a thread of its own, and there are few, since the path may lead to another disk at the next try.
/// </summary>
/// <param name="path">Of <c>--service-account-token-path</c>.</param>
internal sealed class TokenFile(string path)
{
    /// <summary>Reads that have not returned; whoever comes then waits for one of them.</summary>
    public const int MaxHanging = 4;

    private readonly SemaphoreSlim _threads = new(MaxHanging);

    /// <exception cref="IOException">It cannot be read, or holds no token.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        await _threads.WaitAsync(cancellationToken);
        return await Start().WaitAsync(cancellationToken);
    }

    private Task<string> Start()
    {
        try
        {
            return Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (TaskSchedulerException e)
        {
            _threads.Release();
            throw new IOException($"no thread could be started to read it: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private string Read()
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            return text.Length > 0 && text.All(static c => c is > ' ' and <= '~') ? text : throw new IOException("it holds no token");
        }
        finally
        {
            _threads.Release();
        }
    }
}
