using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Connections that move as many bytes as they can, until disposed.</summary>
internal sealed class BulkFlows : IAsyncDisposable
{
    private const int BufferSize = 256 * 1024;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Stream> _streams = [];
    private readonly List<Task> _loops = [];
    private RunCounter? _target;
    private long _received;

    /// <summary>Bytes that have arrived: here for downloads, at the target for uploads.</summary>
    public long Bytes => _target?.Bytes ?? Volatile.Read(ref _received);

    public static async Task<BulkFlows> StartAsync(
        Topology topology, ScenarioContext context, BulkDirection direction, int connections, CancellationToken cancellationToken)
    {
        var flows = new BulkFlows();
        try
        {
            var run = context.Rig.NextRun();
            var mode = direction == BulkDirection.Download ? TargetMode.Source : TargetMode.Sink;
            flows._target = direction == BulkDirection.Upload ? context.Rig.Target.Run(run) : null;
            for (var i = 0; i < connections; i++)
            {
                // Read from the start: one that waits for its neighbours to open would be a stopped reader.
                var stream = await topology.OpenAsync(mode, run, cancellationToken);
                flows._streams.Add(stream);
                flows._loops.Add(direction == BulkDirection.Download ? flows.ReceiveAsync(stream) : flows.SendAsync(stream));
            }

            return flows;
        }
        catch
        {
            await flows.DisposeAsync();
            throw;
        }
    }

    /// <summary>Fails if a flow has ended by itself: its bytes would silently be missing from a rate.</summary>
    public void ThrowIfEnded()
    {
        if (_loops.Find(l => l.IsCompleted) is { } ended)
        {
            throw new IOException($"a bulk connection ended: {ended.Exception?.InnerException?.Message ?? "end of stream"}");
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
        await Task.WhenAll(_streams.Select(async stream => await stream.DisposeAsync())).WaitAsync(TimeSpan.FromSeconds(15));
        _stop.Dispose();
    }

    private async Task ReceiveAsync(Stream stream)
    {
        await Task.Yield();
        var buffer = new byte[BufferSize];
        while (await stream.ReadAsync(buffer, _stop.Token) is var length and > 0)
        {
            Interlocked.Add(ref _received, length);
        }
    }

    private async Task SendAsync(Stream stream)
    {
        await Task.Yield();
        while (true)
        {
            await stream.WriteAsync(BytePattern.Bytes, _stop.Token);
        }
    }
}
