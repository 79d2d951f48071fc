namespace ClusterProxy.Server.Routing;

/// <summary>Bounds of the dials that wait for an agent.</summary>
/// <param name="Deadline">How long one may wait, over all agents it is tried on; zero is no limit.</param>
/// <param name="MaxPending">How many may wait at once.</param>
internal sealed record DialLimits(TimeSpan Deadline, int MaxPending);
