namespace ClusterProxy.Server.Frontend;

/// <summary>
/// Ends the connections of CONNECT clients that have left although no read can tell: because nothing is read from them while
/// their target takes nothing, or because they had ended their sending before.
/// </summary>
internal sealed class DepartedClients : IAsyncDisposable
{
    /// <summary>Short for who waits to see a connection gone, and a look at each connection that stands still costs one call.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly LiveFrontends _frontends;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public DepartedClients(LiveFrontends frontends, TimeProvider time)
    {
        _frontends = frontends;
        _timer = new PeriodicTimer(Interval, time);
        _loop = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            foreach (var client in _frontends.ConnectClients)
            {
                client.EndIfGone();
            }
        }
    }
}
