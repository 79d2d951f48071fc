using System.Collections.Concurrent;
using System.Text;
using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>Dials for all clusters in turn, each with an echo. Whatever fails is kept.</summary>
internal sealed class FanOutTraffic(string[] clusters) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _working = Task.CompletedTask;
    private long _served;

    public ConcurrentQueue<string> Failures { get; } = new();

    public long Served => Volatile.Read(ref _served);

    /// <summary>Dials through these, all the time.</summary>
    public void Serve(params TunnelClient[] clients) => _working = Task.WhenAll(clients.Select(WorkAsync));

    public async Task DialAsync(TunnelClient client, string cluster)
    {
        await using var stream = await client.ConnectAsync($"{cluster}:1");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(cluster));
        await stream.FlushAsync();
        var back = new byte[cluster.Length];
        await stream.ReadExactlyAsync(back);
        Assert.Equal(cluster, Encoding.ASCII.GetString(back));
        Interlocked.Increment(ref _served);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _working.DefaultTimeout();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WorkAsync(TunnelClient client)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var cluster = clusters[i % clusters.Length];
            try
            {
                await DialAsync(client, cluster).DefaultTimeout();
            }
            catch (Exception e) when (e is IOException or TunnelConnectException or TimeoutException)
            {
                Failures.Enqueue($"{cluster}: {e.Message}");
            }

            // Leaves the processors to those who move.
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
