using System.Diagnostics;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Connections that each send 128 bytes, wait for them to come back, and go on.</summary>
/// <param name="pause">Between two messages of a connection.</param>
internal sealed class EchoLoad(TimeSpan pause) : IAsyncDisposable
{
    public const int MessageSize = 128;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Stream> _streams = [];
    private readonly List<Task> _loops = [];
    private readonly List<LatencyHistogram> _latencies = [];
    private long _roundTrips;

    public LoadWindow Window { get; } = new();

    public long RoundTrips => Volatile.Read(ref _roundTrips);

    public static async Task<EchoLoad> StartAsync(
        Topology topology, ScenarioContext context, int connections, CancellationToken cancellationToken, TimeSpan pause = default)
    {
        var load = new EchoLoad(pause);
        try
        {
            var run = context.Rig.NextRun();
            for (var i = 0; i < connections; i++)
            {
                load._streams.Add(await topology.OpenAsync(TargetMode.Echo, run, cancellationToken));
                load._latencies.Add(new LatencyHistogram());
            }

            load._loops.AddRange(load._streams.Zip(load._latencies, load.EchoAsync));
            return load;
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    /// <summary>Of all connections, within the window.</summary>
    public LatencyHistogram Latency()
    {
        var all = new LatencyHistogram();
        _latencies.ForEach(all.Add);
        return all;
    }

    /// <summary>Fails if a connection has ended by itself.</summary>
    public void ThrowIfEnded()
    {
        if (_loops.Find(l => l.IsCompleted) is { } ended)
        {
            throw new IOException($"an echo connection ended: {ended.Exception?.InnerException?.Message ?? "end of stream"}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_streams.Select(async stream => await stream.DisposeAsync())).WaitAsync(TimeSpan.FromSeconds(15));
        _stop.Dispose();
    }

    private async Task EchoAsync(Stream stream, LatencyHistogram latency)
    {
        await Task.Yield();
        var message = new byte[MessageSize];
        var answer = new byte[MessageSize];
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            await stream.WriteAsync(message, _stop.Token);
            await stream.ReadExactlyAsync(answer, _stop.Token);
            if (Window.IsOpen)
            {
                latency.Record(started);
            }

            Interlocked.Increment(ref _roundTrips);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _stop.Token);
            }
        }
    }
}
