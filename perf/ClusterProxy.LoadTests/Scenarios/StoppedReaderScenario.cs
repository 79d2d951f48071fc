using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>64 downloads share what they run through; some stop reading. What do the others and new dials lose?</summary>
internal sealed class StoppedReaderScenario(int stopped) : Scenario($"stopped-readers-{stopped}")
{
    private const int Readers = 64;
    private const int VerifiedBytes = 16 * 1024 * 1024;

    public override string Unit => "% kept";

    public override string CpuUnit => "s/GB";

    public override int MaxRounds => 1;

    public override bool IsRough => true;

    public override TimeSpan Limit(ScenarioContext context) => base.Limit(context) + (2 * StopTime(context)) + TimeSpan.FromSeconds(20);

    public override bool AppliesTo(TopologyPlan plan) => plan.Frontend is not (FrontendKind.GrpcTls or FrontendKind.ConnectTls);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var run = context.Rig.NextRun();
        List<Stream> quiet = [];
        try
        {
            // Before and after, as many connections read, so that the comparison is of what the stopped ones cost.
            await using var others = await BulkFlows.StartAsync(
                topology, context, BulkDirection.Download, Readers - stopped, cancellationToken);
            var (before, dialsBefore) = await DialLoad.MeasureBesideAsync(topology, context, context.Window * 2, () => others.Bytes, cancellationToken);
            // All at once: one of them may already hold up the next one's dial.
            quiet.AddRange(await Task.WhenAll(Enumerable.Range(0, stopped).Select(
                async _ => await topology.OpenAsync(TargetMode.Source, run, cancellationToken))));

            // What no one reads has to fill every buffer on the way first.
            await Task.Delay(context.Window, cancellationToken);
            var (during, dialsDuring) = await DialLoad.MeasureBesideAsync(
                topology, context, StopTime(context), () => others.Bytes, cancellationToken);
            others.ThrowIfEnded();
            await others.DisposeAsync();
            var intact = await ResumeAsync(quiet, cancellationToken);
            return Sample.Of(during, 100 * during.PerSecond / before.PerSecond, during.Count / 1e9, cpuScale: 1) with
            {
                // No dial came through at all: "never", not an empty cell.
                P50 = dialsDuring.Percentile(0.50)?.TotalMilliseconds ?? double.NaN,
                P99 = dialsDuring.Percentile(0.99)?.TotalMilliseconds ?? double.NaN,
                More = new Dictionary<string, double>
                {
                    ["MB/s"] = during.PerSecond / 1e6,
                    ["dial p99 before ms"] = dialsBefore.Percentile(0.99)?.TotalMilliseconds ?? double.NaN,
                    ["resumed intact"] = intact,
                },
            };
        }
        finally
        {
            await Task.WhenAll(quiet.Select(async stream => await stream.DisposeAsync())).WaitAsync(TimeSpan.FromSeconds(15), CancellationToken.None);
        }
    }

    private static TimeSpan StopTime(ScenarioContext context) => context.Large ? TimeSpan.FromSeconds(60) : context.Window * 4;

    /// <summary>How many of the stopped connections go on where they stopped, every byte right.</summary>
    private static async Task<double> ResumeAsync(IEnumerable<Stream> quiet, CancellationToken cancellationToken)
    {
        var intact = 0;
        foreach (var stream in quiet)
        {
            try
            {
                intact += await IsIntactAsync(stream, cancellationToken) ? 1 : 0;
            }
            catch (IOException)
            {
                // Closed while it was stopped: not intact, and that is a figure, not a failure.
            }
        }

        return intact;
    }

    private static async Task<bool> IsIntactAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(10));
        var buffer = new byte[64 * 1024];
        long position = 0;
        try
        {
            while (position < VerifiedBytes)
            {
                var length = await stream.ReadAsync(buffer, deadline.Token);
                if (length == 0 || !BytePattern.Matches(position, buffer.AsSpan(0, length)))
                {
                    return false;
                }

                position += length;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        return true;
    }
}
