using System.Diagnostics;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>
/// Two uploads go to targets that stop reading. What do others and new dials lose, does the one go on when its target reads again, and is
/// the other let go once its client has left?
/// </summary>
internal sealed class DeafTargetScenario() : Scenario("deaf-target")
{
    private const int EchoConnections = 16;

    // More than all buffers on the way together; a path that takes it all does not hold back.
    private const long MaxUpload = 512 * 1024 * 1024;

    // More than our way takes while the target is deaf.
    private const long VerifiedBytes = 32 * 1024 * 1024;
    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ResumeLimit = TimeSpan.FromSeconds(10);

    public override string Unit => "% kept";

    public override string CpuUnit => "µs";

    public override int MaxRounds => 1;

    public override bool IsRough => true;

    public override TimeSpan Limit(ScenarioContext context) => base.Limit(context) + StopTime(context) + (ReleaseLimit * 2) + ResumeLimit;

    public override bool AppliesTo(TopologyPlan plan) =>
        plan.Kind != TopologyKind.Direct && plan.Frontend is not (FrontendKind.GrpcTls or FrontendKind.ConnectTls);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var echo = await EchoLoad.StartAsync(topology, context, EchoConnections, cancellationToken);
        var handles = topology.ReadUse().Handles;
        var (before, dialsBefore) = await DialLoad.MeasureBesideAsync(
            topology, context, context.Window * 2, () => echo.RoundTrips, cancellationToken);
        var (leaving, resuming) = (context.Rig.NextRun(), context.Rig.NextRun());
        try
        {
            long accepted;
            WindowFigures during;
            LatencyHistogram dialsDuring;
            bool intact;
            await using (var stream = await topology.OpenAsync(TargetMode.Deaf, leaving, cancellationToken))
            {
                using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var upload = UploadAsync(stream, MaxUpload, leave.Token);
                await using (var other = await topology.OpenAsync(TargetMode.Deaf, resuming, cancellationToken))
                {
                    using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    var resumed = UploadAsync(other, VerifiedBytes, deadline.Token);
                    await Task.Delay(context.Window, cancellationToken);
                    (during, dialsDuring) = await DialLoad.MeasureBesideAsync(
                        topology, context, StopTime(context), () => echo.RoundTrips, cancellationToken);
                    deadline.CancelAfter(ResumeLimit);
                    intact = await ResumesAsync(context.Rig.Target.Run(resuming), resumed, deadline.Token);
                }

                await leave.CancelAsync();
                accepted = await upload;
            }

            echo.ThrowIfEnded();
            var released = await WaitForReleaseAsync(topology, handles, cancellationToken);
            return Sample.Of(during, 100 * during.PerSecond / before.PerSecond, during.Count, cpuScale: 1e6) with
            {
                // No dial came through at all: "never", not an empty cell.
                P50 = dialsDuring.Percentile(0.50)?.TotalMilliseconds ?? double.NaN,
                P99 = dialsDuring.Percentile(0.99)?.TotalMilliseconds ?? double.NaN,
                More = new Dictionary<string, double>
                {
                    ["dial p99 before ms"] = dialsBefore.Percentile(0.99)?.TotalMilliseconds ?? double.NaN,
                    ["resumed intact"] = intact ? 1 : 0,
                    ["MiB taken"] = accepted / (1024.0 * 1024.0),
                    ["handles left"] = topology.ReadUse().Handles - handles,
                    ["released after s"] = released,
                },
            };
        }
        finally
        {
            context.Rig.Target.Run(leaving).Release();
            context.Rig.Target.Run(resuming).Release();
        }
    }

    private static TimeSpan StopTime(ScenarioContext context) => context.Large ? TimeSpan.FromSeconds(60) : context.Window * 2;

    private static async Task<long> UploadAsync(Stream stream, long most, CancellationToken cancellationToken)
    {
        await Task.Yield();
        long accepted = 0;
        try
        {
            while (accepted < most)
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

    /// <summary>Whether all that the client sends arrives, every byte right, once the target reads.</summary>
    private static async Task<bool> ResumesAsync(RunCounter target, Task<long> upload, CancellationToken deadline)
    {
        target.Release();
        var sent = await upload;
        while (target.Bytes < sent && !deadline.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }

        return sent >= VerifiedBytes && target.Bytes == sent;
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
