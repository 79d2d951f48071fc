using System.Diagnostics;
using System.Net;
using ClusterProxy.LoadTests.Measuring;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>GETs of 1 KiB over 32 connections, direct and through the gateway in turns.</summary>
internal sealed class RequestsPart : IGatewayPart
{
    private const int Connections = 32;
    private const int Rounds = 3;

    /// <summary>A little more than is required, so that what is added is the way and no waiting for a processor.</summary>
    private const int PacedRate = 4200;

    public string Name => "requests";

    public async Task<IReadOnlyList<GatewayFigure>> RunAsync(GatewayRig rig, GatewaySettings settings, CancellationToken cancellationToken)
    {
        List<Load> direct = [], through = [], paced = [], pacedDirect = [], one = [], oneDirect = [];
        await MeasureAsync(rig, isDirect: true, Connections, settings.Window, cancellationToken);
        await MeasureAsync(rig, isDirect: false, Connections, settings.Window * 3, cancellationToken);
        for (var round = 0; round < Rounds; round++)
        {
            direct.Add(await MeasureAsync(rig, isDirect: true, Connections, settings.Window, cancellationToken));
            through.Add(await MeasureAsync(rig, isDirect: false, Connections, settings.Window, cancellationToken));
            pacedDirect.Add(await MeasureAsync(rig, isDirect: true, Connections, settings.Window, cancellationToken, PacedRate));
            paced.Add(await MeasureAsync(rig, isDirect: false, Connections, settings.Window, cancellationToken, PacedRate));
            oneDirect.Add(await MeasureAsync(rig, isDirect: true, 1, settings.Window / 2, cancellationToken));
            one.Add(await MeasureAsync(rig, isDirect: false, 1, settings.Window / 2, cancellationToken));
        }

        return
        [
            new("straight to the API", Median(direct, static l => l.PerSecond), "/s"),
            new("through gateway and tunnel", Median(through, static l => l.PerSecond), "/s", 4000, AtLeast: true),
            new("p50 straight, 32 connections", Median(direct, static l => l.P50), "ms"),
            new("p50 through, 32 connections", Median(through, static l => l.P50), "ms"),
            new("paced, 32 connections", Median(paced, static l => l.PerSecond), "/s", 4000, AtLeast: true),
            new("p50 straight, paced", Median(pacedDirect, static l => l.P50), "ms"),
            new("p50 added, paced", Median(paced, static l => l.P50) - Median(pacedDirect, static l => l.P50), "ms", 1.0),
            new("p50 added, one connection", Median(one, static l => l.P50) - Median(oneDirect, static l => l.P50), "ms", 1.0),
            new("p99 through, 32 connections", Median(through, static l => l.P99), "ms"),
        ];
    }

    private static double Median(IEnumerable<Load> loads, Func<Load, double> value) => loads.Select(value).Order().ElementAt(Rounds / 2);

    private static async Task<Load> MeasureAsync(
        GatewayRig rig, bool isDirect, int connections, TimeSpan window, CancellationToken cancellationToken, int? rate = null)
    {
        using var handler = rig.Handler(connections);
        using var client = new HttpMessageInvoker(handler);
        var url = new Uri(rig.Url("/api/v1/namespaces/default/configmaps/small", isDirect));
        using var over = new CancellationTokenSource();
        using var pace = rate is { } perSecond ? new Pace(perSecond) : null;
        var start = Stopwatch.GetTimestamp();
        var workers = Enumerable.Range(0, connections).Select(_ => WorkAsync(client, url, pace, over.Token)).ToArray();
        await Task.Delay(window, cancellationToken);
        await over.CancelAsync();
        var all = new LatencyHistogram();
        foreach (var histogram in await Task.WhenAll(workers))
        {
            all.Add(histogram);
        }

        return new Load(
            all.Count / Stopwatch.GetElapsedTime(start).TotalSeconds, all.Percentile(0.5)!.Value.TotalMilliseconds,
            all.Percentile(0.99)!.Value.TotalMilliseconds);
    }

    private static async Task<LatencyHistogram> WorkAsync(HttpMessageInvoker client, Uri url, Pace? pace, CancellationToken over)
    {
        await Task.Yield();
        var histogram = new LatencyHistogram();
        var body = new byte[ManagedApiTarget.SmallBytes];
        while (!over.IsCancellationRequested)
        {
            if (pace is not null)
            {
                await pace.NextAsync();
            }

            var start = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11 };
            using var answer = await client.SendAsync(request, CancellationToken.None);
            await using var stream = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(CancellationToken.None);
            await stream.ReadExactlyAsync(body, CancellationToken.None);
            histogram.Record(start);
        }

        return histogram;
    }

    private sealed record Load(double PerSecond, double P50, double P99);
}
