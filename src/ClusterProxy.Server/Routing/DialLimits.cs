using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Routing;

/// <summary>Bounds of the dials that wait for an agent.</summary>
/// <param name="Deadline">How long one may wait, over all agents it is tried on; zero is no limit.</param>
/// <param name="MaxPending">How many may wait at once.</param>
/// <param name="Budget">No dial is made while it is exhausted; null for no such bound.</param>
internal sealed record DialLimits(TimeSpan Deadline, int MaxPending, ByteBudget? Budget = null)
{
    /// <summary>What is left of the deadline; infinite without one.</summary>
    public TimeSpan Left(TimeSpan elapsed) =>
        Deadline <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : elapsed < Deadline ? Deadline - elapsed : TimeSpan.Zero;
}
