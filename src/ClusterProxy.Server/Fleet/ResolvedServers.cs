using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Fleet;

/// <summary>
/// The servers of <c>--servers-dns</c> or <c>--peers-dns</c>: every address that the name has. DNS says no ids, so agents learn them by connecting, and the
/// name is what the certificates of all of them bear. While it cannot be asked, or knows nothing, the last answer stays.
/// </summary>
/// <param name="flag">The one that gave the name.</param>
/// <param name="name">Host and port.</param>
/// <param name="ask">The resolver.</param>
/// <param name="logger">Told of trouble.</param>
/// <param name="time">The clock.</param>
internal sealed class ResolvedServers(
    string flag, DialTarget name, Func<string, CancellationToken, Task<IPAddress[]>> ask, ILogger logger, TimeProvider time) : IServerSource
{
    /// <summary>Kubernetes answers for headless services with a time to live of 5 s, and a resolver's cache sits in between.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private ImmutableArray<FleetServer> _servers = [];
    private Task _loop = Task.CompletedTask;
    private volatile string _trouble = "";

    public ImmutableArray<FleetServer> Servers
    {
        get
        {
            lock (_gate)
            {
                return _servers;
            }
        }
    }

    public IReadOnlyList<string> Warnings =>
        _trouble is { Length: > 0 } trouble ? [$"--{flag}: {name.Host} cannot be resolved, and the servers that were found before count: {trouble}"] : [];

    public void Start(Action changed) => _loop = RunAsync(changed, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(Action changed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                if (await AskAsync(cancellationToken) is { } answer && Replace(answer))
                {
                    changed();
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the server.
        }
        catch (Exception e)
        {
            logger.ServerLookupFaulted(e);
            throw;
        }
    }

    /// <summary>In one order, so that equal answers are equal; null without an answer.</summary>
    private async Task<ImmutableArray<FleetServer>?> AskAsync(CancellationToken cancellationToken)
    {
        var trouble = "it has no address";
        try
        {
            var addresses = await ask(name.Host, cancellationToken);
            if (addresses.Length > 0)
            {
                _trouble = "";
                return
                [
                    .. addresses.Select(static a => a.ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                        .Take(ServerSet.MaxServers).Select(a => new FleetServer("", a, name.Port, name.Host)),
                ];
            }
        }
        catch (SocketException e)
        {
            trouble = e.Message;
        }

        if (_trouble != trouble)
        {
            _trouble = trouble;
            logger.ServerLookupFailed(flag, name.Host, trouble);
        }

        return null;
    }

    private bool Replace(ImmutableArray<FleetServer> servers)
    {
        lock (_gate)
        {
            var isNew = !_servers.SequenceEqual(servers);
            _servers = servers;
            return isNew;
        }
    }
}
