using ClusterProxy.Cli.Demo.Steps;
using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Cli.Demo.Views;

namespace ClusterProxy.Cli.Demo;

/// <summary>One run: set up, steps in order until one fails, report, clean up.</summary>
internal sealed class DemoRun(DemoSettings settings, IDemoView view, TimeProvider time)
{
    private const int ShownLogLines = 20;

    /// <summary>How long a failure waits for the Ctrl-C that may have caused it: a terminal sends that to the programs as well.</summary>
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromMilliseconds(300);

    private readonly List<StepResult> _results = [];

    /// <param name="interrupted">Cancelled by Ctrl-C or SIGTERM.</param>
    /// <returns>The process's exit code.</returns>
    public async Task<int> RunAsync(CancellationToken interrupted)
    {
        await using var guard = DemoGuard.Start(time);
        using var folder = new PrivateFolder(GuardProcess.FolderPrefix);
        await guard.WatchAsync(folder);
        using var certificates = new DemoCertificates(folder, time);
        await using var topology = new DemoTopology(folder, certificates, guard, time);
        view.WriteLine($"certificates, keys and socket: {folder.Path} (removed at the end)");
        var steps = StepsFor(topology);
        try
        {
            await view.ShowAsync(steps, () => RunStepsAsync(steps, interrupted));
            return await ConcludeAsync(topology, interrupted);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            view.WriteLine("interrupted; ending the programs");
            return DemoExitCode.Interrupted;
        }
    }

    private IReadOnlyList<IDemoStep> StepsFor(DemoTopology topology) =>
    [
        new ConnectStep(topology, time),
        new VersionStep(topology, FrontendKind.GrpcOverTls, "gRPC over mTLS", time),
        new VersionStep(topology, FrontendKind.ConnectOverTls, "HTTP-CONNECT over mTLS", time),
        new VersionStep(topology, FrontendKind.ConnectOverUnixSocket, "HTTP-CONNECT over a Unix socket", time),
        new VersionStep(topology, FrontendKind.GrpcOverUnixSocket, "gRPC over a Unix socket", time),
        new DownloadStep(topology, settings.Bytes, time),
        new UploadStep(topology, settings.Bytes, time),
        new TogetherStep(topology, time),
        new DeadTargetStep(topology, time),
        new GatewayStep(topology, time),
        new AgentKilledStep(topology, time),
    ];

    private async Task RunStepsAsync(IReadOnlyList<IDemoStep> steps, CancellationToken interrupted)
    {
        using var deadline = new CancellationTokenSource(settings.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, interrupted);
        foreach (var step in steps)
        {
            var start = time.GetTimestamp();
            var outcome = await OutcomeAsync(step, either.Token);
            if (!outcome.Passed)
            {
                await Task.Delay(InterruptGrace, time, interrupted);
            }

            interrupted.ThrowIfCancellationRequested();
            var result = new StepResult(_results.Count + 1, step.Name, outcome, time.GetElapsedTime(start));
            _results.Add(result);
            view.Ended(step, result);
            if (!outcome.Passed)
            {
                break;
            }
        }
    }

    private async Task<StepOutcome> OutcomeAsync(IDemoStep step, CancellationToken cancellationToken)
    {
        try
        {
            return await step.RunAsync(view.Started(step), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return StepOutcome.Failed(step.Claim, $"nothing when the {settings.Timeout.TotalSeconds:0.#} s of --timeout were over");
        }
        catch (ProgramStartException e)
        {
            return StepOutcome.Failed(step.Claim, e.Message);
        }
        catch (Exception e)
        {
            return StepOutcome.Failed(step.Claim, Explain(e));
        }
    }

    private async Task<int> ConcludeAsync(DemoTopology topology, CancellationToken interrupted)
    {
        view.Summarize(_results);
        var failure = _results.Find(static r => !r.Outcome.Passed);
        if (failure is not null)
        {
            Report(failure, topology);
        }

        if (settings.Keep && topology.Programs.Any())
        {
            foreach (var line in KeptCommands.For(topology))
            {
                view.WriteLine(line);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return failure is null ? DemoExitCode.Ok : DemoExitCode.Failed;
    }

    private void Report(StepResult failure, DemoTopology topology)
    {
        view.WriteLine();
        view.WriteLine($"step {failure.Number} failed: {failure.Name}");
        view.WriteLine($"  expected: {failure.Outcome.Expected}");
        view.WriteLine($"  got:      {failure.Outcome.Text}");
        foreach (var program in topology.Programs)
        {
            view.WriteLine();
            view.WriteLine($"{program.Name} (pid {program.Id}, {program.State}), the end of its log:");
            foreach (var line in program.Log.Last(ShownLogLines))
            {
                view.WriteLine($"  {line}");
            }
        }
    }

    private static string Explain(Exception e) =>
        e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{e.GetType().Name}: {e.Message} ({Explain(inner)})"
            : $"{e.GetType().Name}: {e.Message}";
}
