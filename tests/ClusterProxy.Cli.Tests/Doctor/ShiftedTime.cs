namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>The clock of a machine that is off.</summary>
/// <param name="by">How far ahead it is.</param>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
}
