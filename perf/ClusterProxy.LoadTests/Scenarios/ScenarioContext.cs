using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <param name="Rig">The target and the files.</param>
/// <param name="Window">What a rate is measured over.</param>
/// <param name="Large">Full sizes instead of those that fit ten minutes.</param>
internal sealed record ScenarioContext(Rig Rig, TimeSpan Window, bool Large)
{
    /// <summary>Between the start of a load and the start of its window.</summary>
    public TimeSpan Settle => TimeSpan.FromMilliseconds(Math.Min(300, Window.TotalMilliseconds / 3));
}
