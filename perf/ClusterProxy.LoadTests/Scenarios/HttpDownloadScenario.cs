using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Throughput of the body of one HTTP response, by a handler whose connections are the way's: what TunnelHttpHandler is for the SDK.</summary>
internal sealed class HttpDownloadScenario() : Scenario("http-download-1")
{
    private const int BufferSize = 256 * 1024;

    public override string Unit => "MB/s";

    public override string CpuUnit => "s/GB";

    public override bool OnlyByName => true;

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var run = context.Rig.NextRun();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, token) => await topology.OpenAsync(TargetMode.HttpSource, run, token),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("http://target/"));
        using var response = await http.SendAsync(request, cancellationToken);
        await using var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var received = 0L;
        var reading = ReadAsync();
        try
        {
            var figures = await new LoadWindow().MeasureAsync(
                topology, context.Settle, context.Window, () => Volatile.Read(ref received), cancellationToken);
            return reading.IsCompleted
                ? throw new IOException($"the response ended: {reading.Exception?.InnerException?.Message ?? "end of stream"}")
                : Sample.Of(figures, figures.PerSecond / 1e6, figures.Count / 1e9, cpuScale: 1);
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task ReadAsync()
        {
            var buffer = new byte[BufferSize];
            while (await body.ReadAsync(buffer, stop.Token) is var length and > 0)
            {
                Interlocked.Add(ref received, length);
            }
        }
    }
}
