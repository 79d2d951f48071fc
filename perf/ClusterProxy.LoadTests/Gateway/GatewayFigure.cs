using System.Globalization;

namespace ClusterProxy.LoadTests.Gateway;

/// <param name="Name">What was measured.</param>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">For people.</param>
/// <param name="Bound">Null when nothing is required.</param>
/// <param name="AtLeast">Whether the bound is a least.</param>
internal sealed record GatewayFigure(string Name, double Value, string Unit, double? Bound = null, bool AtLeast = false)
{
    public bool IsMet => Bound is not { } bound || (AtLeast ? Value >= bound : Value <= bound);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} | {Value:#,0.###} {Unit} | {(Bound is { } bound ? $"{(AtLeast ? "≥" : "≤")} {bound:#,0.###}{(IsMet ? "" : ": **missed**")}" : "")}");
}
