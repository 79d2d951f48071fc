using ClusterProxy.LoadTests.Measuring;

namespace ClusterProxy.LoadTests.Running;

/// <summary>One scenario against one topology in one round.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Topology">Its name.</param>
/// <param name="Round">From 0.</param>
/// <param name="Sample">Null when it failed.</param>
/// <param name="Failure">Null when it did not.</param>
internal sealed record RunResult(string Scenario, string Topology, int Round, Sample? Sample, string? Failure);
