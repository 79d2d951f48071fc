using System.Diagnostics;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Workers that dial, send 128 bytes, wait for them to come back, close, and go on.</summary>
internal sealed class DialLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<LatencyHistogram> _latencies = [];
    private readonly List<Task> _loops = [];
    private readonly Topology _topology;
    private readonly int _run;
    private long _dials;

    public DialLoad(Topology topology, ScenarioContext context, int workers)
    {
        _topology = topology;
        _run = context.Rig.NextRun();
        Target = context.Rig.Target.Run(_run);
        for (var i = 0; i < workers; i++)
        {
            _latencies.Add(new LatencyHistogram());
            _loops.Add(WorkAsync(_latencies[i]));
        }
    }

    public LoadWindow Window { get; } = new();

    public RunCounter Target { get; }

    /// <summary>Measures something else with two such workers beside it.</summary>
    public static async Task<(WindowFigures Figures, LatencyHistogram Dials)> MeasureBesideAsync(
        Topology topology, ScenarioContext context, TimeSpan length, Func<long> counter, CancellationToken cancellationToken)
    {
        await using var dials = new DialLoad(topology, context, workers: 2);
        var figures = await dials.Window.MeasureAsync(topology, context.Settle, length, counter, cancellationToken);
        dials.ThrowIfEnded();
        return (figures, dials.Latency());
    }

    /// <summary>Whole cycles.</summary>
    public long Dials => Volatile.Read(ref _dials);

    /// <summary>From the dial to the echoed bytes, within the window.</summary>
    public LatencyHistogram Latency()
    {
        var all = new LatencyHistogram();
        _latencies.ForEach(all.Add);
        return all;
    }

    /// <summary>Fails if a worker has given up: a dial failed.</summary>
    public void ThrowIfEnded()
    {
        if (_loops.Find(l => l.IsCompleted) is { } ended)
        {
            throw new IOException($"a dial failed: {ended.Exception?.InnerException?.Message}", ended.Exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WorkAsync(LatencyHistogram latency)
    {
        await Task.Yield();
        var request = new byte[TargetPreamble.Length + EchoLoad.MessageSize];
        new TargetPreamble(TargetMode.Echo, _run).Write(request);
        var answer = new byte[EchoLoad.MessageSize];
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await using (var stream = await _topology.ConnectAsync(_stop.Token))
            {
                await stream.WriteAsync(request, _stop.Token);
                await stream.ReadExactlyAsync(answer, _stop.Token);
                if (Window.IsOpen)
                {
                    latency.Record(started);
                }
            }

            Interlocked.Increment(ref _dials);
        }
    }
}
