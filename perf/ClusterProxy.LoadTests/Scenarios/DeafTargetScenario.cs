using System.Diagnostics;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>One upload goes to a target that never reads. What do others lose, and is it let go once its client has left?</summary>
internal sealed class DeafTargetScenario() : Scenario("deaf-target")
{
    private const int EchoConnections = 16;

    // More than all buffers on the way together; a path that takes it all does not hold back.
    private const long MaxUpload = 512 * 1024 * 1024;
    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(5);

    public override string Unit => "% kept";

    public override string CpuUnit => "µs";

    public override int MaxRounds => 1;

    public override bool IsRough => true;

    public override TimeSpan Limit(ScenarioContext context) => base.Limit(context) + StopTime(context) + (ReleaseLimit * 2);

    public override bool AppliesTo(TopologyPlan plan) =>
        plan.Kind != TopologyKind.Direct && plan.Frontend is not (FrontendKind.GrpcTls or FrontendKind.ConnectTls);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var echo = await EchoLoad.StartAsync(topology, context, EchoConnections, cancellationToken);
        var before = await new LoadWindow().MeasureAsync(
            topology, context.Settle, context.Window, () => echo.RoundTrips, cancellationToken);
        var handles = topology.ReadUse().Handles;
        var run = context.Rig.NextRun();
        try
        {
            long accepted;
            WindowFigures during;
            await using (var stream = await topology.OpenAsync(TargetMode.Deaf, run, cancellationToken))
            {
                using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var upload = UploadAsync(stream, leave.Token);
                await Task.Delay(context.Window, cancellationToken);
                during = await echo.Window.MeasureAsync(
                    topology, context.Settle, StopTime(context), () => echo.RoundTrips, cancellationToken);
                await leave.CancelAsync();
                accepted = await upload;
            }

            echo.ThrowIfEnded();
            var released = await WaitForReleaseAsync(topology, handles, cancellationToken);
            return Sample.Of(during, 100 * during.PerSecond / before.PerSecond, during.Count, cpuScale: 1e6, echo.Latency()) with
            {
                More = new Dictionary<string, double>
                {
                    ["MiB taken"] = accepted / (1024.0 * 1024.0),
                    ["handles left"] = topology.ReadUse().Handles - handles,
                    ["released after s"] = released,
                },
            };
        }
        finally
        {
            context.Rig.Target.Run(run).Release();
        }
    }

    private static TimeSpan StopTime(ScenarioContext context) => context.Large ? TimeSpan.FromSeconds(60) : context.Window * 2;

    private static async Task<long> UploadAsync(Stream stream, CancellationToken cancellationToken)
    {
        await Task.Yield();
        long accepted = 0;
        try
        {
            while (accepted < MaxUpload)
            {
                await stream.WriteAsync(BytePattern.Bytes, cancellationToken);
                accepted += BytePattern.Bytes.Length;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Left on purpose, or cut off: what was taken until then is the figure.
        }

        return accepted;
    }

    /// <summary>The proxies' handles are back while the target still does not read; seconds until then, or not a number.</summary>
    private static async Task<double> WaitForReleaseAsync(Topology topology, int handles, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (topology.ReadUse().Handles > handles)
        {
            if (Stopwatch.GetElapsedTime(started) > ReleaseLimit)
            {
                return double.NaN;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
