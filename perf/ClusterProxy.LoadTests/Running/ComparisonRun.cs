using System.Diagnostics;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Scenarios;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Running;

/// <summary>
/// Runs every scenario against every topology: alternating within a round, so that whatever else the machine does hits all
/// of them alike; the rough and the long scenarios once, at the end.
/// </summary>
internal sealed class ComparisonRun(CompareSettings settings)
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(5);
    private readonly List<RunResult> _results = [];

    public async Task<ComparisonOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await using var rig = new Rig();
        var context = new ScenarioContext(rig, settings.Window, settings.Large);
        await using var topologies = await RunningTopologies.StartAsync(settings.Plans, rig, cancellationToken);
        foreach (var (name, reason) in topologies.Missing)
        {
            settings.OnProgress($"left out: {name}: {reason}");
        }

        await WarmUpAsync(topologies, context, cancellationToken);
        var alternating = settings.Scenarios.Where(s => s.MaxRounds > 1).ToList();
        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var scenario in alternating)
            {
                await RunRoundAsync(scenario, round, topologies, context, cancellationToken);
            }
        }

        foreach (var scenario in settings.Scenarios.Except(alternating))
        {
            await RunRoundAsync(scenario, round: 0, topologies, context, cancellationToken);
        }

        return new ComparisonOutcome(_results, topologies.Missing, Stopwatch.GetElapsedTime(started));
    }

    private async Task WarmUpAsync(RunningTopologies topologies, ScenarioContext context, CancellationToken cancellationToken)
    {
        if (settings.WarmUp == TimeSpan.Zero)
        {
            return;
        }

        // What is compiled at run time gets the whole time, spread over its frontends; the rest only opens its sockets.
        Scenario[] load = [new BulkScenario(BulkDirection.Download, 8), new BulkScenario(BulkDirection.Upload, 8), new EchoScenario(16), new DialScenario(8)];
        foreach (var (plan, topology) in topologies.All)
        {
            var sharing = topologies.All.Count(other => plan.Pair is not null && other.Plan.Pair == plan.Pair);
            var length = plan.Pair is null ? TimeSpan.FromSeconds(1) : settings.WarmUp / sharing;
            settings.OnProgress($"warm-up: {plan.Name}, {length.TotalSeconds:0} s");
            foreach (var scenario in load)
            {
                await RunOneAsync(scenario, topology, context with { Window = length / load.Length }, cancellationToken);
            }
        }
    }

    private async Task RunRoundAsync(
        Scenario scenario, int round, RunningTopologies topologies, ScenarioContext context, CancellationToken cancellationToken)
    {
        // Every second round goes the other way, so that none always follows the same neighbour.
        var order = round % 2 == 0 ? topologies.All : topologies.All.Reverse();
        foreach (var (plan, topology) in order.Where(t => scenario.AppliesTo(t.Plan)).ToList())
        {
            var (sample, failure) = scenario.NeedsOwnProcesses
                ? await RunOwnAsync(scenario, plan, context, cancellationToken)
                : await RunOneAsync(scenario, topology, context, cancellationToken);
            _results.Add(new RunResult(scenario.Name, plan.Name, round, sample, failure));
            var said = failure ?? $"{sample!.Value:0.##} {scenario.Unit}";
            settings.OnProgress($"round {round + 1}: {scenario.Name}: {plan.Name}: {said}");
            if (!scenario.NeedsOwnProcesses && (sample is not { Value: > 0 } || scenario.IsRough) && !await AnswersAsync(topology, context, cancellationToken))
            {
                settings.OnProgress($"{plan.Name} answers no more after {scenario.Name}: all topologies are started anew");
                await topologies.RestartAsync(cancellationToken);
            }
        }
    }

    private static async Task<(Sample? Sample, string? Failure)> RunOwnAsync(
        Scenario scenario, TopologyPlan plan, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var topology = scenario.Create(plan, context);
        try
        {
            await topology.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return (null, FirstLine(e));
        }

        return await RunOneAsync(scenario, topology, context, cancellationToken);
    }

    private static async Task<(Sample? Sample, string? Failure)> RunOneAsync(
        Scenario scenario, Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(scenario.Limit(context));
        try
        {
            // The second bound is for what ignores the token; it then stays behind until its processes are gone.
            return (await scenario.RunAsync(topology, context, limit.Token).WaitAsync(scenario.Limit(context) * 1.5, cancellationToken), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"not done within {scenario.Limit(context).TotalSeconds:0} s");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, FirstLine(e));
        }
    }

    private static async Task<bool> AnswersAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeLimit);
        try
        {
            await using var stream = await topology.OpenAsync(TargetMode.Echo, context.Rig.NextRun(), limit.Token);
            await stream.WriteAsync(new byte[1], limit.Token);
            await stream.ReadExactlyAsync(new byte[1], limit.Token);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string FirstLine(Exception e) => $"{e.GetType().Name}: {e.Message.Split('\n')[0].Trim()}";
}
