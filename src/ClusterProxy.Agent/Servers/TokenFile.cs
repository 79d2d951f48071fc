using ClusterProxy.Hosting.Tokens;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// The service account token, read anew for each connection. A read from a disk that hangs returns when it likes, or never, and nothing
/// takes its thread out of it: each has a thread of its own, and there are few, since the path may lead to another disk at the next try.
/// </summary>
/// <param name="path">Of <c>--service-account-token-path</c>.</param>
/// <param name="deadline">Of a read.</param>
internal sealed class TokenFile(string path, ConnectDeadline deadline)
{
    /// <summary>Reads that have not returned; whoever comes then waits for one of them.</summary>
    public const int MaxHanging = 4;

    private readonly SemaphoreSlim _threads = new(MaxHanging);
    private volatile ServiceAccountToken? _last;

    /// <summary>As it was read last; null before.</summary>
    public ServiceAccountToken? Last => _last;

    /// <exception cref="ServerConnectException">It cannot be read in time, or holds no token.</exception>
    public Task<ServiceAccountToken> ReadAsync(CancellationToken cancellationToken) => deadline.RunAsync(
        ConnectStep.Token, $"reading --service-account-token-path={path}",
        async stop =>
        {
            try
            {
                await _threads.WaitAsync(stop);
                var text = await Start().WaitAsync(stop);
                return _last = new ServiceAccountToken(text, TokenLife.Of(text));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ServerConnectException(ConnectStep.Token, $"--service-account-token-path={path} cannot be read: {e.Message}", e);
            }
        },
        cancellationToken);

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
