using ClusterProxy.Hosting;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>
/// Key material that is read at each use, so that a renewed file serves the next handshake. An agent shakes hands a few times
/// a day. A file caught half-written leaves the last good content in use.
/// </summary>
internal sealed class RereadFile<T>
    where T : class
{
    private readonly Func<T> _load;
    private readonly ILogger _logger;
    private T _last;

    /// <exception cref="StartupException">The first read fails.</exception>
    public RereadFile(Func<T> load, ILogger logger)
    {
        _load = load;
        _logger = logger;
        _last = load();
    }

    public T Read()
    {
        try
        {
            Volatile.Write(ref _last, _load());
        }
        catch (StartupException e)
        {
            AgentLog.KeptLastFile(_logger, e.Message);
        }

        return Volatile.Read(ref _last);
    }
}
