using System.Diagnostics;
using ClusterProxy.Client;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Scenarios;
using ClusterProxy.LoadTests.Targets;

namespace ClusterProxy.LoadTests.Fleet;

/// <summary>
/// Dials at a steady rate, each at a random server that is in service for a random cluster, with 128 bytes there and back. The rate does
/// not follow the answers: what is slow does not slow down the rest.
/// </summary>
internal sealed class FleetDials : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<TunnelClient> _clients;
    private readonly IReadOnlyList<string> _clusters;
    private readonly bool[] _inService;
    private readonly byte[] _request = new byte[TargetPreamble.Length + EchoLoad.MessageSize];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _loop;
    private LatencyHistogram _latency = new();
    private int _running;

    /// <param name="servers">Asked in turn.</param>
    /// <param name="clusters">One of them each.</param>
    /// <param name="rate">A second.</param>
    /// <param name="run">Of the target.</param>
    public FleetDials(IReadOnlyList<HubServer> servers, IReadOnlyList<string> clusters, int rate, int run)
    {
        _clients = [.. servers.Select(static s => new TunnelClient(new TunnelClientOptions { Address = new Uri($"unix://{s.UnixSocket}") }))];
        _clusters = clusters;
        _inService = [.. servers.Select(static _ => true)];
        new TargetPreamble(TargetMode.Echo, run).Write(_request);
        _loop = RunAsync(rate);
    }

    public DialFailures Failures { get; } = new();

    public void SetInService(int server, bool value) => Volatile.Write(ref _inService[server], value);

    /// <summary>The latencies since the last call.</summary>
    public LatencyHistogram TakeLatency()
    {
        lock (_gate)
        {
            return Interlocked.Exchange(ref _latency, new LatencyHistogram());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        while (Volatile.Read(ref _running) > 0)
        {
            await Task.Delay(Tick);
        }

        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task RunAsync(int rate)
    {
        using var timer = new PeriodicTimer(Tick);
        var started = Stopwatch.GetTimestamp();
        var begun = 0L;
        while (!_stop.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            for (var due = (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate); begun < due; begun++)
            {
                Interlocked.Increment(ref _running);
                _ = DialAsync();
            }
        }
    }

    /// <summary>Never throws; counted by <see cref="_running"/>.</summary>
    private async Task DialAsync()
    {
        var server = Random.Shared.GetItems(Enumerable.Range(0, _clients.Count).Where(i => Volatile.Read(ref _inService[i])).ToArray(), 1)[0];
        var cluster = _clusters[Random.Shared.Next(_clusters.Count)];
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            await using var stream = await _clients[server].ConnectAsync($"{cluster}:1", limit.Token);
            await stream.WriteAsync(_request, limit.Token);
            await stream.ReadExactlyAsync(new byte[EchoLoad.MessageSize], limit.Token);
            lock (_gate)
            {
                _latency.Record(started);
            }
        }
        catch (Exception e)
        {
            Failures.Add($"server {server}: {e.GetType().Name}: {e.Message.Replace(cluster, "CLUSTER", StringComparison.Ordinal)}");
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
