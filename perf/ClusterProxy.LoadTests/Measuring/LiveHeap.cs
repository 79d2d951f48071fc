using System.Diagnostics.Tracing;
using ClusterProxy.Testing;
using Microsoft.Diagnostics.NETCore.Client;

namespace ClusterProxy.LoadTests.Measuring;

/// <summary>
/// What one of our programs holds on its managed heap without garbage. A resident set alone cannot tell a leak from a collector that has
/// not used up its budget yet.
/// </summary>
internal static class LiveHeap
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";

    /// <summary>The runtime's keyword GCHeapCollect: whoever listens to it causes a full collection.</summary>
    private const long Collect = 0x800000;

    private const int Times = 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>No part of a second's beat.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(370);

    /// <param name="processId">Of the program.</param>
    /// <param name="metrics">Its metrics page, which says when it is done and what is left.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Bytes, the least of several times: what is under way at one moment is not kept.</returns>
    public static async Task<double> LeastAsync(int processId, Uri metrics, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var least = double.MaxValue;
        for (var i = 0; i < Times; i++)
        {
            least = Math.Min(least, await CollectAsync(http, processId, metrics, cancellationToken));
            await Task.Delay(Between, cancellationToken);
        }

        return least;
    }

    private static async Task<double> CollectAsync(HttpClient http, int processId, Uri metrics, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Deadline);
        var before = await ReadAsync(http, metrics, limit.Token);
        using var session = await new DiagnosticsClient(processId).StartEventPipeSessionAsync(
            [new EventPipeProvider(Runtime, EventLevel.Informational, Collect)], requestRundown: false, circularBufferMB: 1, limit.Token);
        var events = session.EventStream.CopyToAsync(Stream.Null, limit.Token);
        var after = before;
        while (after.FullCollections == before.FullCollections)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
            after = await ReadAsync(http, metrics, limit.Token);
        }

        await session.StopAsync(limit.Token);
        await events;
        return after.HeapBytes;
    }

    private static async Task<(double FullCollections, double HeapBytes)> ReadAsync(HttpClient http, Uri metrics, CancellationToken cancellationToken)
    {
        var page = PrometheusTextParser.Parse(await http.GetStringAsync(metrics, cancellationToken));
        return (page["dotnet_gc_collections_total"].Value(("generation", "gen2")), page["dotnet_gc_heap_bytes"].Value());
    }
}
