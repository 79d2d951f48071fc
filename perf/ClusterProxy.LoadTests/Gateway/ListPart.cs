using System.Diagnostics;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>Lists of 50 MB, several at a time: what the gateway holds of each while it passes.</summary>
internal sealed class ListPart : IGatewayPart
{
    private const int AtOnce = 16;

    public string Name => "list";

    public async Task<IReadOnlyList<GatewayFigure>> RunAsync(GatewayRig rig, GatewaySettings settings, CancellationToken cancellationToken)
    {
        using var handler = rig.Handler(AtOnce);
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        await ReadAsync(client, rig, cancellationToken);
        var before = rig.GatewayMebibytes;
        var start = Stopwatch.GetTimestamp();
        var reads = Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ReadAsync(client, rig, cancellationToken)));
        var most = before;
        while (!reads.IsCompleted)
        {
            most = Math.Max(most, rig.GatewayMebibytes);
            await Task.WhenAny(reads, Task.Delay(20, cancellationToken));
        }

        var bytes = (await reads).Sum();
        return
        [
            new("most resident per request", (most - before) / AtOnce, "MiB", 1),
            new("together", bytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds, "MB/s"),
            new("bytes missing", (AtOnce * ManagedApiTarget.ListBytes) - bytes, "", 0),
        ];
    }

    private static async Task<long> ReadAsync(HttpClient client, GatewayRig rig, CancellationToken cancellationToken)
    {
        using var answer = await client.GetAsync(
            new Uri(rig.Url("/api/v1/pods", isDirect: false)), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[64 * 1024];
        var total = 0L;
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            total += read;
        }

        return total;
    }
}
