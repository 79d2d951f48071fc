namespace ClusterProxy.Testing.Relays;

/// <summary>One step of a <see cref="FaultPlan"/>.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="TowardDestination">To which direction.</param>
/// <param name="AfterBytes">Counted in that direction from the end of the step before.</param>
/// <param name="Lasts">What does not end by itself is ended after this.</param>
/// <param name="Amount">Milliseconds of delay, bytes a second, bytes a piece, or bytes before the cut.</param>
public sealed record Fault(FaultKind Kind, bool TowardDestination, long AfterBytes, TimeSpan Lasts, int Amount)
{
    public override string ToString() =>
        $"{Kind} {(TowardDestination ? "toward the destination" : "toward the source")} after {AfterBytes} bytes, {Lasts.TotalMilliseconds} ms, {Amount}";
}
