using System.Diagnostics;
using System.Net;
using ClusterProxy.Testing;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>A thousand watches with an event a second each, over HTTP/2 as a kube-apiserver would bring them.</summary>
internal sealed class WatchesPart : IGatewayPart
{
    private const int Count = 1000;
    private const int OpenAtOnce = 20;

    /// <summary>Mebibytes: four bytes an event of the long run, which is less than anything that could be kept of one.</summary>
    private const double MostLive = 2;

    /// <summary>Mebibytes: the unit in which the collector takes memory, a region.</summary>
    private const double MostResident = 4;

    private static readonly TimeSpan _short = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _long = TimeSpan.FromMinutes(10);

    public string Name => "watches";

    public async Task<IReadOnlyList<GatewayFigure>> RunAsync(GatewayRig rig, GatewaySettings settings, CancellationToken cancellationToken)
    {
        using var handler = rig.Handler(4);
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var received = new ObservedCount();
        var watches = new List<Task>();
        for (var opened = 0; opened < Count; opened += OpenAtOnce)
        {
            var streams = await Task.WhenAll(Enumerable.Range(0, OpenAtOnce).Select(_ => OpenAsync(client, rig, cancellationToken)));
            watches.AddRange(streams.Select(s => ReadAsync(s, received, over.Token)));
        }

        await rig.Api.Watches.WaitForAsync(Count).WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        var window = settings.Large ? _long : _short;

        // The first fifth fills pools, compiles, and lets the collector find its size.
        await Task.Delay(window * 0.2, cancellationToken);
        var live = await rig.GatewayLiveMebibytesAsync(cancellationToken);
        var (events, start) = (received.Value, Stopwatch.GetTimestamp());
        var first = await ResidentAsync(rig, window * 0.4, cancellationToken);
        var second = await ResidentAsync(rig, window * 0.4, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var ended = watches.Count(static w => w.IsCompleted);
        var rate = (received.Value - events) / elapsed;
        var liveAfter = await rig.GatewayLiveMebibytesAsync(cancellationToken);
        await over.CancelAsync();
        await Task.WhenAll(watches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return
        [
            new($"events, {window.TotalSeconds:0} s", rate, "/s", 990, AtLeast: true),
            new("watches that ended", ended, "", 0),
            new("live after a full collection", liveAfter, "MiB"),

            // In a minute pools and the collector's budget still fill: what grows by then says nothing.
            new("live, growth over the last 4/5", liveAfter - live, "MiB", settings.Large ? MostLive : null),
            new("resident, at its highest", Math.Max(first[^1], second[^1]), "MiB"),
            new("resident, median", Median(second), "MiB"),
            new("the same, over that of the 2/5 before", Median(second) - Median(first), "MiB", settings.Large ? MostResident : null),
        ];
    }

    private static double Median(double[] values) => values[values.Length / 2];

    /// <summary>Mebibytes at many times, the least first: one alone is wherever the collector happens to be.</summary>
    private static async Task<double[]> ResidentAsync(GatewayRig rig, TimeSpan window, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var all = new List<double>();
        while (Stopwatch.GetElapsedTime(start) < window)
        {
            all.Add(rig.GatewayMebibytes);
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }

        return [.. all.Order()];
    }

    private static async Task<Stream> OpenAsync(HttpClient client, GatewayRig rig, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, rig.Url("/api/v1/pods?watch=true", isDirect: false))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken);
    }

    private static async Task ReadAsync(Stream events, ObservedCount received, CancellationToken over)
    {
        await using (events)
        {
            var buffer = new byte[512];
            while (true)
            {
                await events.ReadExactlyAsync(buffer, over);
                received.Increment();
            }
        }
    }
}
