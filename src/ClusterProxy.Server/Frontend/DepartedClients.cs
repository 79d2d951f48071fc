using ClusterProxy.Hosting;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// Ends the connections of CONNECT clients that have left although no read can tell: because nothing is read from them while
/// their target takes nothing, or because they had ended their sending before.
/// </summary>
internal sealed class DepartedClients(LiveFrontends frontends, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Short for who waits to see a connection gone, and a look at each connection that stands still costs one call.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Rounds _rounds = new(Interval, time, () =>
    {
        foreach (var client in frontends.ConnectClients)
        {
            client.EndIfGone();
        }
    });

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();
}
