namespace ClusterProxy.Gateway.Certificates;

/// <summary>How long certificates that the gateway issues itself live.</summary>
/// <param name="Leaf">Of the port's certificate.</param>
/// <param name="Authority">Of the authority that signs it.</param>
/// <param name="Lead">How long a new authority is trusted before it signs, for whoever reads the bundle to have read it.</param>
internal sealed record RotationTimes(TimeSpan Leaf, TimeSpan Authority, TimeSpan Lead)
{
    /// <summary>
    /// Thirty days: a stolen key ages, and a gateway that cannot reach its Secret has ten days left when it should have renewed. Ten
    /// years, as Kubernetes' own authorities. A day, so that clients with a copy of the bundle have time.
    /// </summary>
    public static RotationTimes Default { get; } = new(TimeSpan.FromDays(30), TimeSpan.FromDays(3650), TimeSpan.FromDays(1));

    /// <summary>A replica may sign with the former authority for as long as it has not seen the change.</summary>
    public TimeSpan Retirement => Leaf * 1.1;

    /// <summary>How often all is looked at: often enough that a look is never late by a noticeable part of a life.</summary>
    public TimeSpan Look => TimeSpan.FromTicks(Math.Clamp(
        Leaf.Ticks / 100, TimeSpan.FromMilliseconds(50).Ticks, TimeSpan.FromSeconds(10).Ticks));
}
