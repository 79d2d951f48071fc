namespace ClusterProxy.LoadTests.Baselines;

/// <summary>A figure that was accepted once. It does not depend on the machine's speed: a ratio, or memory.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Topology">Its name.</param>
/// <param name="Figure">What it is, such as "× haproxy".</param>
/// <param name="Value">The median.</param>
/// <param name="Spread">Half the range as a part of the median; null when it was taken once.</param>
/// <param name="HigherIsBetter">In which direction lies a regression.</param>
internal sealed record BaselineEntry(
    string Scenario, string Topology, string Figure, double Value, double? Spread, bool HigherIsBetter);
