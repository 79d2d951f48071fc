using ClusterProxy.LoadTests.Scenarios;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Running;

/// <summary>What is compared and for how long.</summary>
internal sealed record CompareSettings
{
    public required IReadOnlyList<TopologyPlan> Plans { get; init; }

    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    public required int Rounds { get; init; }

    public required TimeSpan Window { get; init; }

    /// <summary>Full sizes: 10,000 connections, 2,000 tunnels, minutes instead of seconds.</summary>
    public required bool Large { get; init; }

    /// <summary>Load without measuring before the first round, per proxy pair; tiered compilation needs 10 to 20 s.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Gets a line for each thing that happens.</summary>
    public required Action<string> OnProgress { get; init; }
}
