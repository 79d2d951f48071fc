using System.Diagnostics;
using System.Net;
using ClusterProxy.Testing;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>A thousand watches with an event a second each, over HTTP/2 as a kube-apiserver would bring them.</summary>
internal sealed class WatchesPart : IGatewayPart
{
    private const int Count = 1000;
    private const int OpenAtOnce = 20;
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

        // The first fifth fills pools and compiles.
        await Task.Delay(window / 5, cancellationToken);
        var (before, events, start) = (rig.GatewayMebibytes, received.Value, Stopwatch.GetTimestamp());
        await Task.Delay(window * 0.8, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var after = rig.GatewayMebibytes;
        var ended = watches.Count(static w => w.IsCompleted);
        var rate = (received.Value - events) / elapsed;
        await over.CancelAsync();
        await Task.WhenAll(watches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return
        [
            new($"events, {window.TotalSeconds:0} s", rate, "/s", 990, AtLeast: true),
            new("watches that ended", ended, "", 0),
            new("resident", after, "MiB"),
            new("growth over the last 4/5", after - before, "MiB", 8),
        ];
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
