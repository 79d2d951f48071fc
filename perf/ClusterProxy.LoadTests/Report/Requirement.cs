namespace ClusterProxy.LoadTests.Report;

/// <summary>A bound on a figure that is read off a row.</summary>
/// <param name="Scenario">Prefix of the scenarios' names.</param>
/// <param name="What">The figure.</param>
/// <param name="Bound">Inclusive.</param>
/// <param name="AtLeast">Whether the bound is a least or a greatest value.</param>
/// <param name="Read">The figure of a row, given the row of "direct" for the same scenario; null when it has none.</param>
internal sealed record Requirement(string Scenario, string What, double Bound, bool AtLeast, Func<ReportRow, ReportRow?, double?> Read)
{
    /// <summary>Prefix of the topologies' names that it is for.</summary>
    public string Topology { get; init; } = "";

    public string Text => $"{(AtLeast ? "≥" : "≤")} {Bound:0.###}";

    public bool IsMet(double value) => AtLeast ? value >= Bound : value <= Bound;
}
